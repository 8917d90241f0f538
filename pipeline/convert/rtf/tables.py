"""Rows of RTF tables, which give each cell's right edge: columns and spans follow from the edges of all rows."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pipeline.convert.builder import Cell

SAME_EDGE = 60  # twips, a millimetre
MAX_CELLS_IN_ROW = 1000


@dataclass(frozen=True)
class CellFormat:
    """Where a cell ends on the right, in twips, and which neighbours it is merged with."""

    right: int = 0
    goes_on_left: bool = False  # merged with the cell before it
    goes_on_above: bool = False


@dataclass
class Row:
    """What `\\trowd` and the words behind it say, and the texts of the cells."""

    left: int = 0
    is_header: bool = False
    formats: list[CellFormat] = field(default_factory=list)
    texts: tuple[str, ...] = ()

    def with_texts(self, texts: Sequence[str]) -> Row:
        """LibreOffice writes blank cells without an edge behind a table in a cell; they are none."""
        kept = list(texts[:MAX_CELLS_IN_ROW])
        while len(kept) > len(self.formats) and not kept[-1].strip():
            kept.pop()
        return replace(self, formats=list(self.formats), texts=tuple(kept))


def cells_of(rows: Sequence[Row]) -> list[list[Cell]]:
    """Cells as HTML writes them: one for each that is not part of another."""
    if any(len(row.formats) < len(row.texts) for row in rows):
        return [[Cell(text) for text in row.texts] for row in rows]
    edges = _edges(rows)
    found: list[list[_Merged]] = []
    above: dict[int, _Merged] = {}  # by column, what may go on below
    for row in rows:
        cells: list[_Merged] = []
        upper, above = above, {}
        for column, width, text, goes_on in _placed(row, edges):
            if goes_on and column in upper:
                above[column] = upper[column]
                upper[column].rows += 1
                upper[column].texts.append(text)
            else:
                above[column] = _Merged(width, [text])
                cells.append(above[column])
        found.append(cells)
    return [[cell.whole() for cell in cells] for cells in found]


@dataclass
class _Merged:
    columns: int
    texts: list[str]
    rows: int = 1

    def whole(self) -> Cell:
        return Cell("\n".join(filter(None, self.texts)), self.rows, self.columns)


def _placed(row: Row, edges: list[int]) -> list[tuple[int, int, str, bool]]:
    """(column, columns, text, whether it goes on from above) of each cell."""
    placed: list[tuple[int, int, str, bool]] = []
    column = _column(row.left, edges)
    for shape, text in zip(row.formats, row.texts, strict=False):
        end = max(_column(shape.right, edges), column + 1)
        if shape.goes_on_left and placed:
            start, width, before, merged = placed[-1]
            placed[-1] = (start, width + end - column, "\n".join(filter(None, (before, text))), merged)
        else:
            placed.append((column, end - column, text, shape.goes_on_above))
        column = end
    if placed and placed[0][0]:  # the row begins further right than others
        placed.insert(0, (0, placed[0][0], "", False))
    return placed


def _edges(rows: Sequence[Row]) -> list[int]:
    positions = sorted({row.left for row in rows} | {shape.right for row in rows for shape in row.formats})
    edges = positions[:1]
    for position in positions[1:]:
        if position - edges[-1] > SAME_EDGE:
            edges.append(position)
    return edges


def _column(position: int, edges: list[int]) -> int:
    return bisect.bisect_right(edges, position) - 1
