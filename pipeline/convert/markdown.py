"""Markdown made ready for Docling: front matter taken off, and text that only looks like HTML kept as text."""

from __future__ import annotations

import re

import frontmatter
import yaml
from frontmatter.default_handlers import YAMLHandler

from pipeline.convert.properties import Found, from_front_matter
from pipeline.convert.text import decode

FRONT_MATTER = re.compile(r"\A---[^\S\n]*\n.*?^(?:---|\.\.\.)[^\S\n]*(?:\n|\Z)", re.S | re.M)
CODE = re.compile(r"^(?P<fence>```+|~~~+).*?^(?P=fence)[^\n]*$|(?P<ticks>`+)[^\n]*?(?P=ticks)", re.S | re.M)
TAG = re.compile(r"<(/?)([A-Za-z][\w-]*+)([^<>]*+)>")
HTML_ELEMENT = re.compile(
    r"a|abbr|address|article|aside|audio|b|blockquote|body|br|button|caption|center|cite|code|col|colgroup|dd|del"
    r"|details|dfn|div|dl|dt|em|embed|figcaption|figure|font|footer|form|h[1-6]|head|header|hr|html|i|iframe|img"
    r"|input|ins|kbd|label|legend|li|link|main|mark|meta|nav|ol|option|p|picture|pre|q|s|samp|script|section|select"
    r"|small|source|span|strike|strong|style|sub|summary|sup|svg|table|tbody|td|textarea|tfoot|th|thead|time|title"
    r"|tr|tt|u|ul|var|video|wbr",
    re.I,
)


def prepare_markdown(data: bytes) -> tuple[bytes, Found]:
    """(Markdown in UTF-8 for Docling, properties of its front matter)."""
    text, warnings = decode(data)
    text, found = _split_front_matter(text)
    return _keep_text(text).encode("utf-8", "replace"), Found(found.properties, (*warnings, *found.warnings))


def _split_front_matter(text: str) -> tuple[str, Found]:
    """Front matter is YAML between `---` lines that holds keys; anything else at the top is text and stays."""
    if not FRONT_MATTER.match(text):
        return text, Found()
    try:
        metadata, content = frontmatter.parse(text, handler=YAMLHandler())
    except (yaml.YAMLError, ValueError, TypeError, RecursionError):
        return text, Found(warnings=("The front matter is not valid YAML; it was kept as text.",))
    return (content, from_front_matter(metadata)) if metadata else (text, Found())


def _keep_text(text: str) -> str:
    """`<nome do projeto>` is a placeholder, not a tag: escaped, Docling keeps it. Code and real HTML stay."""
    parts, end = [], 0
    for code in CODE.finditer(text):
        parts += [TAG.sub(_text_of_tag, text[end : code.start()]), code.group()]
        end = code.end()
    return "".join([*parts, TAG.sub(_text_of_tag, text[end:])])


def _text_of_tag(tag: re.Match[str]) -> str:
    _, name, rest = tag.groups()
    if name.lower() == "br":
        return " "  # Docling keeps it as text in tables and drops it elsewhere, joining words
    is_link = rest.startswith(":") or "@" in tag.group()
    return tag.group() if HTML_ELEMENT.fullmatch(name) or is_link else f"&lt;{tag.group()[1:]}"
