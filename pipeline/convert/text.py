"""Plain text as a DoclingDocument, verbatim: no markup is interpreted, since Docling would read it as Markdown."""

from __future__ import annotations

import codecs
import itertools
import re

import charset_normalizer
from docling_core.types.doc import DocItemLabel, DoclingDocument

from pipeline.convert.limits import refuse_characters
from pipeline.convert.prepared import Built
from pipeline.convert.properties import Found
from pipeline.settings.sections import ConversionSettings

# The longer marks first: UTF-32's begins like UTF-16's.
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
SINGLE_BYTE = ["cp1252", "latin_1", "cp850", "mac_roman"]  # what Portuguese and English text files come in
WIDE_NUL_SHARE = 0.3  # of the bytes; Latin text in UTF-16 without a mark has a NUL in every second byte
PARAGRAPH_BREAK = re.compile(r"\n(?:[^\S\n]*\n)+")
LIST_LINE = re.compile(r"\s*(?:[-*•–—]\s|\(?\w{1,4}[.)]\s|[IVXLC]+\s*[-–—]\s)")
HARD_WRAPPED_MIN = 40  # characters of the line before; shorter lines were ended on purpose
WRAPPED_HYPHEN = re.compile(r"(?<=\w)-\n\s*(?=[a-zà-ÿ])")


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


def decode(data: bytes) -> tuple[str, list[str]]:
    """(text with `\\n` line ends and without NUL, warnings). Any bytes decode: a guess comes with a warning."""
    encoding, warnings = _encoding(data)
    text = data.decode(encoding, "replace").removeprefix("\ufeff")
    if "\x00" in text:
        text = text.replace("\x00", "")
        warnings.append("NUL characters were removed from the text.")
    return text.replace("\r\n", "\n").replace("\r", "\n"), warnings


def join_wrapped(paragraph: str) -> str:
    """One line for a hard-wrapped paragraph, so that phrases across line ends are found; lists keep their lines."""
    lines = WRAPPED_HYPHEN.sub("", paragraph).split("\n")
    joined = [lines[0]]
    for above, line in itertools.pairwise(lines):
        wrapped = len(above.rstrip()) >= HARD_WRAPPED_MIN and not LIST_LINE.match(line)
        joined[-1:] = [joined[-1].rstrip(), " ", line.lstrip()] if wrapped else [joined[-1], "\n", line]
    return "".join(joined)


def _encoding(data: bytes) -> tuple[str, list[str]]:
    for mark, name in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return name, []
    if data and data.count(0) > WIDE_NUL_SHARE * len(data):
        return ("utf-16-be" if data[:1] == b"\x00" else "utf-16-le"), []
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        guess = charset_normalizer.from_bytes(data, cp_isolation=SINGLE_BYTE).best()
        name = guess.encoding if guess else "cp1252"
        return name, [f"The text is not UTF-8; it was read as {name}."]
    return "utf-8", []
