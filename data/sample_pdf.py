"""Draws sample documents as digital PDFs with a text layer; sample_scans.py draws those without one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from io import BytesIO

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import cm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    FrameBreak,
    NextPageTemplate,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
)
from sample_content import Block, Kind, Sample

MARGIN_PT = 2 * cm
WIDTH_PT, HEIGHT_PT = A4
GAP_PT = 0.8 * cm
HEAD_PT = 2.2 * cm  # room for the title above two columns

BODY = ParagraphStyle("body", fontName="Helvetica", fontSize=10, leading=14, spaceAfter=7)
BOLD = ParagraphStyle("bold", fontName="Helvetica-Bold", keepWithNext=1)
STYLES = {
    Kind.TITLE: ParagraphStyle("title", BOLD, fontSize=20, leading=26, spaceAfter=8),
    Kind.HEADING: ParagraphStyle("heading", BOLD, fontSize=14, leading=18, spaceBefore=10, spaceAfter=5),
    Kind.SUBHEADING: ParagraphStyle("subheading", BOLD, fontSize=11.5, leading=15, spaceBefore=6, spaceAfter=4),
    Kind.LIST: ParagraphStyle("list", BODY, leftIndent=14, bulletIndent=3, spaceAfter=4),
    Kind.PARAGRAPH: BODY,
}
CELL = ParagraphStyle("cell", fontName="Helvetica", fontSize=9, leading=12)
HEADER_CELL = ParagraphStyle("header-cell", CELL, fontName="Helvetica-Bold")
RULED = [
    ("GRID", (0, 0), (-1, -1), 0.6, colors.black),
    ("BACKGROUND", (0, 0), (-1, 0), colors.HexColor("#e3e8ee")),
    ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
]


def digital_pdf(sample: Sample) -> bytes:
    """A PDF in one column or, with the layout two-columns, in two below its title."""
    # reportlab writes "now" into a PDF unless this variable says when.
    os.environ["SOURCE_DATE_EPOCH"] = str(int(sample.moment("created_date").timestamp()))
    buffer = BytesIO()
    document = BaseDocTemplate(
        buffer,
        pagesize=A4,
        invariant=1,
        title=sample.title,
        author=sample.text_of("author"),
        subject=sample.text_of("description"),
        keywords=", ".join(sample.tags),
        lang=sample.text_of("language"),
    )
    two_columns = sample.layout == "two-columns"
    document.addPageTemplates(_two_columns(sample) if two_columns else _one_column(sample))
    document.build([*_two_column_story(sample)] if two_columns else [*_flowables(sample.blocks)])
    return buffer.getvalue()


def _two_column_story(sample: Sample) -> Iterator[Flowable]:
    title, subtitle, *rest = sample.blocks
    yield NextPageTemplate("next")
    yield from _flowables([title, subtitle])
    yield FrameBreak()
    yield from _flowables(rest)


def _flowables(blocks: list[Block]) -> Iterator[Flowable]:
    for block in blocks:
        if block.kind == Kind.TABLE:
            yield from (_ruled_table(block), Spacer(0, 10))
        elif block.kind == Kind.LIST:
            yield from (Paragraph(line, STYLES[Kind.LIST], bulletText="•") for line in block.lines)
        else:
            yield Paragraph(block.text, STYLES[block.kind])


def _ruled_table(block: Block) -> Table:
    header, *rows = block.rows
    cells = [[Paragraph(cell, HEADER_CELL) for cell in header]]
    cells += [[Paragraph(cell, CELL) for cell in row] for row in rows]
    return Table(cells, style=RULED, repeatRows=1)


def _one_column(sample: Sample) -> list[PageTemplate]:
    return [PageTemplate("page", [_frame(MARGIN_PT, WIDTH_PT - 2 * MARGIN_PT)], onPage=_footer(sample))]


def _two_columns(sample: Sample) -> list[PageTemplate]:
    column = (WIDTH_PT - 2 * MARGIN_PT - GAP_PT) / 2
    left, right = MARGIN_PT, MARGIN_PT + column + GAP_PT
    head = Frame(left, HEIGHT_PT - MARGIN_PT - HEAD_PT, WIDTH_PT - 2 * MARGIN_PT, HEAD_PT, 0, 0, 0, 0)
    first = [head, _frame(left, column, HEAD_PT), _frame(right, column, HEAD_PT)]
    return [
        PageTemplate("first", first, onPage=_footer(sample)),
        PageTemplate("next", [_frame(left, column), _frame(right, column)], onPage=_footer(sample)),
    ]


def _frame(left_pt: float, width_pt: float, head_pt: float = 0) -> Frame:
    return Frame(left_pt, MARGIN_PT, width_pt, HEIGHT_PT - 2 * MARGIN_PT - head_pt, 0, 0, 0, 0)


def _footer(sample: Sample) -> Callable[[Canvas, BaseDocTemplate], None]:
    page = "page" if sample.text_of("language").startswith("en") else "página"

    def draw(canvas: Canvas, _: BaseDocTemplate) -> None:
        canvas.setFont("Helvetica", 8)
        canvas.drawString(MARGIN_PT, MARGIN_PT / 2, f"NIC · {sample.title}")
        canvas.drawRightString(WIDTH_PT - MARGIN_PT, MARGIN_PT / 2, f"{page} {canvas.getPageNumber()}")

    return draw
