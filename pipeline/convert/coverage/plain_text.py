"""The passages of TXT, CSV and Markdown: paragraphs of the decoded bytes, markup taken off."""

from __future__ import annotations

import base64
import binascii
import csv
import html
import io
import re
from collections.abc import Iterator

from pipeline.convert.coverage.decoding import text_of
from pipeline.convert.coverage.passages import LeftOut, Passage, PassageKind
from pipeline.convert.coverage.pictures import pictures

BLANK_LINES = re.compile(r"\n(?:[^\S\n]*\n)+")
FRONT_MATTER = re.compile(r"\A---[^\S\n]*\n(.*?)^(?:---|\.\.\.)[^\S\n]*(?:\n|\Z)", re.S | re.M)
DELIMITERS = (";", ",", "\t", "|")
KEY = re.compile(r"^[\w-]+\s*:", re.M)
DATA_URI = re.compile(rb"data:image/[\w.+-]+;base64,([A-Za-z0-9+/=\s]+)")
LINK = re.compile(
    r"(?<=\])\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?:\s+(?:\"[^\"]*\"|'[^']*'))?(?:\)|$)", re.M
)  # where it leads
ENCLOSED = (("<!--", "-->"), ("<script", "</script>"), ("<style", "</style>"))
DEFINITION = re.compile(r"^ {0,3}\[([^\]^][^\]]*)\]:\s*\S+.*$", re.M)
LABEL = re.compile(r"(?<=\])\[([^\[\]\n]+)\]")
NOT_SHOWN = (
    DEFINITION,
    re.compile(r"data:[\w/.+-]+;base64,[A-Za-z0-9+/=]+"),
    LINK,
    re.compile(r"^[^\S\n]*(?:```+|~~~+).*$", re.M),
)
HIDDEN = re.compile(  # parts of the web page in it
    r"<(\w+)\b[^<>]*(?:\shidden\b|display\s*:\s*none|visibility\s*:\s*hidden)[^<>]*>(.{0,2000}?)</\1>", re.I | re.S
)
MARKER = re.compile(r"^[ \t>]*\d+[.)](?=\s)", re.M)
TAG = re.compile(r"</?[a-z][a-z0-9]*(?:\s[^<>]*|/)?>", re.I)
ESCAPE = re.compile(r"\\(?=[!-/:-@\[-`{-~])")
INSIDE_WORD = re.compile(r"(?<=\w)(?:\*{1,3}|~~)(?=\w)|(?<=\w)(?:\*{1,3}|~~|`)(?=\w)")


def text_passages(data: bytes) -> Iterator[Passage]:
    """Paragraphs of a TXT or CSV, decoded as conversion decodes it; places are line numbers from 1."""
    yield from _paragraphs(text_of(data).replace("\r\n", "\n").replace("\r", "\n").replace("\0", ""), 1)


def table_passages(data: bytes) -> Iterator[Passage]:
    """A row is a passage."""
    text = text_of(data)
    delimiter = max(DELIMITERS, key=text.partition("\n")[0].count)
    for number, row in enumerate(_rows(text, delimiter), 1):
        yield Passage(PassageKind.TABLE_CELL, f"row {number}", " | ".join(row))


def _rows(text: str, delimiter: str) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error:  # a quotation mark that is not closed
        return [line.split(delimiter) for line in text.splitlines()]


def markdown_passages(data: bytes) -> Iterator[Passage]:
    """Paragraphs as a reader sees them; front matter, hidden text and pictures are passages of their own."""
    text = text_of(data).replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    line = 1
    if (front := FRONT_MATTER.match(text)) and KEY.search(front[1]):
        yield Passage(PassageKind.PROPERTIES, "front matter", front[1], LeftOut.PROPERTIES)
        line, text = line + front[0].count("\n"), text[front.end() :]
    for begin, end in ENCLOSED:
        text = _without(text, begin, end)
    hidden = [found[2] for found in HIDDEN.finditer(text)]
    yield from (Passage(PassageKind.HIDDEN_TEXT, "page", TAG.sub(" ", each), LeftOut.HIDDEN_TEXT) for each in hidden)
    text = HIDDEN.sub(_blank, text)
    labels = {label.casefold() for label in DEFINITION.findall(text)}
    text = LABEL.sub(lambda found: "" if found[1].casefold() in labels else found[0], text)
    for unseen in (*NOT_SHOWN, LINK):  # a picture that is a link leads to two places
        text = unseen.sub(_blank, text)
    text = INSIDE_WORD.sub("", ESCAPE.sub("", TAG.sub(_blank, MARKER.sub("", text))))
    yield from _paragraphs(html.unescape(text), line)
    yield from data_uri_pictures(data)


def data_uri_pictures(data: bytes) -> Iterator[Passage]:
    """Pictures that a web page or Markdown file holds itself."""
    yield from pictures(decoded(found[1]) for found in DATA_URI.finditer(data))


def decoded(text: bytes) -> bytes:
    """What base64 stands for; nothing if it is not base64."""
    try:
        return base64.b64decode(text)
    except binascii.Error:
        return b""


def _without(text: str, begin: str, end: str) -> str:
    """In linear time, whatever is not closed; that stays."""
    folded, parts, position = text.lower() if len(text.lower()) == len(text) else text, [], 0
    while (opened := folded.find(begin, position)) >= 0 and (closed := folded.find(end, opened)) >= 0:
        parts += [text[position:opened], " " + "\n" * text.count("\n", opened, closed)]
        position = closed + len(end)
    return "".join([*parts, text[position:]])


def _blank(found: re.Match[str]) -> str:
    """As many lines as there were, so that places stay right."""
    return " " + "\n" * found[0].count("\n")


def _paragraphs(text: str, line: int) -> Iterator[Passage]:
    begin = 0
    for gap in [*BLANK_LINES.finditer(text), None]:
        end = gap.start() if gap else len(text)
        yield Passage(PassageKind.BODY, f"line {line}", text[begin:end])
        line += text.count("\n", begin, gap.end() if gap else end)
        begin = gap.end() if gap else end
