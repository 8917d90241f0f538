"""Pieces of text as paragraphs and tables of Word, and back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lxml import etree

from pipeline.convert.office.names import W
from pipeline.convert.office.pieces import Paragraph, Piece, Rows
from pipeline.convert.office.word_text import paragraph_of, text_of


def blocks_of(pieces: Iterable[Piece]) -> list[etree._Element]:
    """Paragraphs, with Word's own style for headings, and tables."""
    return [_heading(piece) if isinstance(piece, Paragraph) else _table(piece) for piece in pieces if piece]


def pieces_of(body: etree._Element) -> Iterator[Piece]:
    """The paragraphs and tables of a body that has been made plain."""
    for block in body:
        if block.tag == f"{W}p" and (text := text_of(block)):
            yield Paragraph(text, _level(block))
        elif block.tag == f"{W}tbl":
            yield tuple(
                tuple(text_of(cell) for cell in row.iterchildren(f"{W}tc")) for row in block.iterchildren(f"{W}tr")
            )


def _heading(paragraph: Paragraph) -> etree._Element:
    block = paragraph_of(paragraph.text)
    if paragraph.level:
        properties = etree.Element(f"{W}pPr")
        etree.SubElement(properties, f"{W}pStyle", {f"{W}val": f"Heading{paragraph.level}"})
        block.insert(0, properties)
    return block


def _level(block: etree._Element) -> int:
    style = block.find(f"{W}pPr/{W}pStyle")
    name = style.get(f"{W}val", "") if style is not None else ""
    return int(name[-1]) if name[:-1] in ("Heading", "Ttulo") and name[-1:].isdigit() else 0


def _table(rows: Rows) -> etree._Element:
    table = etree.Element(f"{W}tbl")
    etree.SubElement(table, f"{W}tblPr")
    grid = etree.SubElement(table, f"{W}tblGrid")
    for _ in range(max(map(len, rows))):
        etree.SubElement(grid, f"{W}gridCol")
    for row in rows:
        line = etree.SubElement(table, f"{W}tr")
        for text in row:
            etree.SubElement(line, f"{W}tc").append(paragraph_of(text))
    return table
