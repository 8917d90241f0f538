"""Plain text as a DoclingDocument, verbatim: no markup is interpreted, since Docling would read it as Markdown."""

from __future__ import annotations

import itertools
import re

from docling_core.types.doc import DocItemLabel, DoclingDocument

from pipeline.convert.charset import decode
from pipeline.convert.limits import refuse_characters
from pipeline.convert.prepared import Built
from pipeline.convert.properties import Found
from pipeline.settings.sections import ConversionSettings

PARAGRAPH_BREAK = re.compile(r"\n(?:[^\S\n]*\n)+")
LIST_LINE = re.compile(r"\s*(?:[-*•–—]\s|\(?\w{1,4}[.)]\s|[IVXLC]+\s*[-–—]\s)")
HARD_WRAPPED_MIN = 40  # characters of the line before; shorter lines were ended on purpose
WRAPPED_HYPHEN = re.compile(r"(?<=\w)(?:-\n\s*(?=[a-zà-ÿ])|\u00ad\n\s*)")


def read_txt(data: bytes, settings: ConversionSettings) -> Built:
    """The text as it is written. Raises PermanentError (TOO_LONG)."""
    text, warnings = decode(data)
    refuse_characters(len(text), settings)
    return Built(text_document(text), Found(warnings=tuple(warnings)))


def text_document(content: str) -> DoclingDocument:
    """A text item per paragraph, `orig` as written, `text` with its wrapped lines joined."""
    document = DoclingDocument(name="document")
    for paragraph in PARAGRAPH_BREAK.split(content):
        if paragraph.strip():
            written = paragraph.strip("\n")
            document.add_text(label=DocItemLabel.TEXT, text=join_wrapped(written), orig=written)
    return document


def join_wrapped(paragraph: str) -> str:
    """One line for a hard-wrapped paragraph, so that phrases across line ends are found; lists keep their lines."""
    lines = WRAPPED_HYPHEN.sub("", paragraph).split("\n")
    joined = [lines[0]]
    for above, line in itertools.pairwise(lines):
        wrapped = len(above.rstrip()) >= HARD_WRAPPED_MIN and not LIST_LINE.match(line)
        joined[-1:] = [joined[-1].rstrip(), " ", line.lstrip()] if wrapped else [joined[-1], "\n", line]
    return "".join(joined)
