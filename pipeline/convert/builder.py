"""Builds a DoclingDocument from headings, paragraphs, list items and tables, for formats read without Docling."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from docling_core.types.doc import (
    BoundingBox,
    ContentLayer,
    CoordOrigin,
    DocItemLabel,
    DoclingDocument,
    GroupLabel,
    ListGroup,
    NodeItem,
    ProvenanceItem,
    Size,
    TableCell,
    TableData,
)

from pipeline.convert.limits import Blanks, refuse_characters
from pipeline.convert.prepared import Picture
from pipeline.settings.sections import ConversionSettings

CHECKED, UNCHECKED = "\uf0fe\uf0fd\uf052\uf053", "\uf0a8\uf06f\uf0a3"  # as Wingdings draws them
REPLACED = {0: "", **dict.fromkeys(map(ord, CHECKED), "[x]"), **dict.fromkeys(map(ord, UNCHECKED), "[ ]")}
MAX_HEADING_LEVEL = 100  # the most that a DoclingDocument holds
NOWHERE = BoundingBox(l=0, t=0, r=1, b=1, coord_origin=CoordOrigin.TOPLEFT)
UNIT_PAGE = Size(width=1, height=1)


@dataclass(frozen=True)
class Cell:
    """What a table holds at one place, over so many rows and columns."""

    text: str
    rows: int = 1
    columns: int = 1


@dataclass(frozen=True)
class _List:
    group: ListGroup
    depth: int


@dataclass
class DocumentBuilder:
    """Adds to the end of `document`; everything stands in its body.

    Raises PermanentError (TOO_LONG) as soon as it has more text than the settings allow: numbers and repeated cells
    make more of a file than it holds.
    """

    settings: ConversionSettings
    blanks: Blanks = field(default_factory=Blanks)
    document: DoclingDocument = field(default_factory=lambda: DoclingDocument(name="document"))
    pictures: list[Picture] = field(default_factory=list)
    _lists: list[_List] = field(default_factory=list)
    _parent: NodeItem | None = None
    _page: int | None = None
    _characters: int = 0

    def heading(self, text: str, level: int) -> None:
        """Level 0 is a title."""
        if not (text := self._counted(text)):
            return
        self._lists.clear()
        if level <= 0:
            self.document.add_title(text, parent=self._parent, prov=self._place())
        else:
            self.document.add_heading(
                text, level=min(level, MAX_HEADING_LEVEL), parent=self._parent, prov=self._place()
            )

    def paragraph(self, text: str, label: DocItemLabel = DocItemLabel.TEXT) -> None:
        """Text that stands by itself, which ends every list; blank text adds nothing."""
        if text := self._counted(text):
            self._lists.clear()
            self.document.add_text(label, text, parent=self._parent, prov=self._place())

    def list_item(self, text: str, depth: int = 0, marker: str = "") -> None:
        """An item of the list at this depth, from 0; a marker with a letter or digit is part of its text."""
        if not (text := self._counted(text, len(marker))):
            return
        enumerated = any(map(str.isalnum, marker))
        self.document.add_list_item(
            text,
            enumerated=enumerated,
            marker=marker if enumerated else None,
            parent=self._list(depth),
            prov=self._place(),
        )

    def table(self, rows: Sequence[Sequence[Cell]], header_rows: int = 1) -> None:
        """Rows of cells, each in the first free column, as HTML tables are written. Blank tables are left out.

        Where nearly all of a table would be blank, its spans are left out, or each row is a table of its own.
        """
        self._lists.clear()
        count = sum(map(len, rows))
        if self.blanks.allows(_places(rows), count):
            self._add_table(rows, header_rows)
            return
        rows = [[Cell(cell.text) for cell in row] for row in rows]
        if self.blanks.allows(_places(rows), count):
            self._add_table(rows, header_rows)
            return
        for row in rows:
            self._add_table([row], header_rows=0)

    def _add_table(self, rows: Sequence[Sequence[Cell]], header_rows: int) -> None:
        if any(cell.text.strip() for row in rows for cell in row):
            self._count(sum(len(cell.text) for row in rows for cell in row))
            cells = list(_placed(rows, header_rows))
            columns = max(cell.end_col_offset_idx for cell in cells)
            data = TableData(table_cells=cells, num_rows=len(rows), num_cols=columns)
            self.document.add_table(data, parent=self._parent, prov=self._place())

    def sheet(self, name: str) -> None:
        """What follows is on this sheet."""
        self._start_page()
        self._parent = self.document.add_group(GroupLabel.SHEET, name)

    def slide(self) -> None:
        """What follows is on a slide of its own."""
        number = self._start_page()
        self._parent = self.document.add_group(GroupLabel.CHAPTER, f"slide-{number - 1}")

    def picture(self, data: bytes) -> None:
        """A picture, to be read by OCR when everything is in its place."""
        self._lists.clear()
        item = self.document.add_picture(parent=self._parent, prov=self._place())
        self.pictures.append(Picture(item, data))

    def end_lists(self) -> None:
        """The next list item begins a list of its own."""
        self._lists.clear()

    def _counted(self, text: str, more: int = 0) -> str:
        text = _clean(text)
        self._count(len(text) + more)
        return text

    def _count(self, characters: int) -> None:
        self._characters += characters
        refuse_characters(self._characters, self.settings)

    def _start_page(self) -> int:
        self._lists.clear()
        self._page = len(self.document.pages) + 1
        self.document.add_page(self._page, UNIT_PAGE)
        return self._page

    def _place(self) -> ProvenanceItem | None:
        return None if self._page is None else ProvenanceItem(page_no=self._page, bbox=NOWHERE, charspan=(0, 0))

    def _list(self, depth: int) -> ListGroup:
        while self._lists and self._lists[-1].depth > depth:
            self._lists.pop()
        if not self._lists or self._lists[-1].depth < depth:
            parent = self._lists[-1].group if self._lists else self._parent
            group = self.document.add_list_group("list", parent=parent, content_layer=ContentLayer.BODY)
            self._lists.append(_List(group, depth))
        return self._lists[-1].group


def _places(rows: Sequence[Sequence[Cell]]) -> int:
    """Of the grid that holds all rows, with what spans from above push aside."""
    change = [0] * (len(rows) + 1)
    for number, row in enumerate(rows):
        for cell in row:
            change[number] += cell.columns
            change[min(number + cell.rows, len(rows))] -= cell.columns
    return len(rows) * max(itertools.accumulate(change))


def _placed(rows: Sequence[Sequence[Cell]], header_rows: int) -> Iterator[TableCell]:
    """Cells with their offsets; a column that a cell from above still fills is passed over."""
    filled: dict[int, int] = {}  # column -> first row in which it is free again
    for row, cells in enumerate(rows):
        column = 0
        for cell in cells:
            while filled.get(column, 0) > row:
                column += 1
            for taken in range(column, column + cell.columns):
                filled[taken] = row + cell.rows
            height = min(cell.rows, len(rows) - row)
            yield TableCell(
                text=_clean(cell.text),
                row_span=height,
                col_span=cell.columns,
                start_row_offset_idx=row,
                end_row_offset_idx=row + height,
                start_col_offset_idx=column,
                end_col_offset_idx=column + cell.columns,
                column_header=row < header_rows,
            )
            column += cell.columns


def _clean(text: str) -> str:
    """Single blanks within lines, no blank lines, no NUL; boxes of the font Wingdings as their state."""
    lines = (" ".join(line.split()) for line in text.translate(REPLACED).split("\n"))
    return "\n".join(line for line in lines if line)
