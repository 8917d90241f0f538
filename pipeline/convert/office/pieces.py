"""Text of an embedded file as plain pieces, to be put into the document that it is embedded in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree, html

from pipeline.convert.charset import declared_charset, decode

Rows = tuple[tuple[str, ...], ...]
BLANK_LINES = re.compile(r"\n\s*\n")
HEADING = re.compile(r"h([1-6])")
BLOCKS = frozenset(
    {
        *("address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "div", "dl", "dt"),
        *("fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr"),
        *("legend", "li", "main", "nav", "ol", "p", "pre", "section", "summary", "table", "ul"),
    }
)
UNSEEN = frozenset({"script", "style", "head", "template", "noscript"})


@dataclass(frozen=True)
class Paragraph:
    """`level` is that of a heading, 0 for text."""

    text: str
    level: int = 0


Piece = Paragraph | Rows


def text_pieces(data: bytes) -> list[Piece]:
    """The paragraphs of a text file."""
    text, _ = decode(data)
    return [Paragraph(" ".join(part.split())) for part in BLANK_LINES.split(text) if part.strip()]


def html_pieces(data: bytes) -> list[Piece]:
    """The paragraphs, headings and tables of a page. Nothing is fetched."""
    text, _ = decode(data, declared_charset(data))
    try:
        root = html.document_fromstring(text.encode(), parser=html.HTMLParser(encoding="utf-8", no_network=True))
    except (etree.ParserError, etree.XMLSyntaxError):  # nothing in it
        return []
    return list(_walk(root, 0))


def _walk(element: etree._Element, level: int) -> Iterator[Piece]:
    """Text between blocks becomes paragraphs; libxml2 allows no more than 256 levels."""
    run: list[str] = [element.text or ""]
    for child in element:
        name = child.tag if isinstance(child.tag, str) else ""
        if name == "table":
            yield from _paragraph(run, level)
            yield _rows(child)
        elif name in BLOCKS:
            yield from _paragraph(run, level)
            yield from _walk(child, int(match[1]) if (match := HEADING.fullmatch(name)) else level)
        elif name and name not in UNSEEN:
            run.append("\n" if name == "br" else _inline(child))
        run.append(child.tail or "")
    yield from _paragraph(run, level)


def _inline(element: etree._Element) -> str:
    return "".join(element.itertext())


def _paragraph(run: list[str], level: int) -> Iterator[Paragraph]:
    text = " ".join("".join(run).split())
    run.clear()
    if text:
        yield Paragraph(text, level)


def _rows(table: etree._Element) -> Rows:
    return tuple(
        tuple(" ".join(_inline(cell).split()) for cell in row.iterchildren("td", "th")) for row in table.iter("tr")
    )
