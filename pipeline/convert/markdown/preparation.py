"""Markdown made ready for Docling: front matter taken off, and text that only looks like HTML kept as text."""

from __future__ import annotations

import re

import frontmatter
import yaml
from frontmatter.default_handlers import SafeLoader, YAMLHandler

from pipeline.convert.charset import decode
from pipeline.convert.html.pictures import PictureLines
from pipeline.convert.markdown.guard import bounded
from pipeline.convert.markdown.pictures import Pictures
from pipeline.convert.markdown.tags import Tags
from pipeline.convert.properties import Found, from_front_matter

FRONT_MATTER = re.compile(r"\A---[^\S\n]*\n.*?^(?:---|\.\.\.)[^\S\n]*(?:\n|\Z)", re.S | re.M)
CODE = re.compile(
    r"^(?P<fence>```++|~~~++).*?^(?P=fence)[^\n]*$|(?<!`)(?P<ticks>`++)[^\n`]*+(?:(?!(?P=ticks)(?!`))`++[^\n`]*+)*+(?P=ticks)",
    re.S | re.M,
)
TASK = re.compile(r"^([ \t>]*(?:[-+*]|\d{1,9}[.)])[ \t]+)\[(?=[ xX]\][ \t])", re.M)
TOO_LONG = "The front matter is too long to be read; it was kept as text."
MOST_CHARACTERS = 50_000
MOST_LEVELS = 50
MOST_ALIASES = 20  # each may stand for all that was named before it
MOST_WITH_ALIASES = 8000  # characters


def prepare_markdown(data: bytes, reader: PictureLines) -> tuple[bytes, Found]:
    """(Markdown in UTF-8 for Docling, properties of its front matter)."""
    text, warnings = decode(data)
    text, found = _split_front_matter(text)
    body = _keep_text(bounded(text), Pictures(text, reader)).encode("utf-8", "replace")
    return body, Found(found.properties, (*warnings, *found.warnings, *reader.warnings()))


def _split_front_matter(text: str) -> tuple[str, Found]:
    """Front matter is YAML between `---` lines that holds keys; anything else at the top is text and stays."""
    block = FRONT_MATTER.match(text)
    if block is None:
        return text, Found()
    if len(block.group()) > MOST_CHARACTERS:
        return text, Found(warnings=(TOO_LONG,))
    try:
        _refuse_bombs(block.group())
        metadata, content = frontmatter.parse(text, handler=YAMLHandler())
    except (yaml.YAMLError, ValueError, TypeError, RecursionError):
        return text, Found(warnings=("The front matter is not valid YAML; it was kept as text.",))
    return (content, from_front_matter(metadata)) if metadata else (text, Found())


def _refuse_bombs(block: str) -> None:
    """A few lines of aliases and merged keys can stand for millions of values. Raises YAMLError."""
    depth = aliases = 0
    for event in yaml.parse(block, Loader=SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        aliases += isinstance(event, yaml.AliasEvent)
        if depth > MOST_LEVELS or aliases > MOST_ALIASES or (aliases and len(block) > MOST_WITH_ALIASES):
            raise yaml.YAMLError("too many aliases or levels")


def _keep_text(text: str, pictures: Pictures) -> str:
    """`<nome do projeto>` is a placeholder, not a tag: escaped, Docling keeps it. Code and real HTML stay."""
    parts, end, tags = [], 0, Tags()
    for code in CODE.finditer(text):
        parts += [tags.rewritten(pictures.written_out(_keep_tasks(text[end : code.start()]))), code.group()]
        end = code.end()
    return "".join([*parts, tags.rewritten(pictures.written_out(_keep_tasks(text[end:])))])


def _keep_tasks(text: str) -> str:
    """`- [x]` stays as it is: marko would take the box for a property of the item, which Docling does not read."""
    return TASK.sub(r"\1&#91;", text)
