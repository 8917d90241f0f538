"""Rows, columns and cells of one table whose place on the page is known."""

from __future__ import annotations

import itertools
import statistics
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from docling_core.types.doc import TableCell

from pipeline.convert.pdf.aligned_tables import column_gaps, split_at_gaps
from pipeline.convert.pdf.boxes import Box, cluster_positions, overlap_x, overlap_y, union
from pipeline.convert.pdf.lines import Line, Word, rows_of
from pipeline.convert.pdf.page_geometry import PageGeometry, inside
from pipeline.convert.pdf.patterns import LEADER_DOTS, PAGE_REFERENCE

NEAR_POINTS = 3.5  # a rule this close to a cell border is that border
PAGE_COLUMN_POINTS = 20.0  # width given to the page numbers of a table of contents

Position = tuple[int, int]
Interval = tuple[float, float]
"""Across a rule, from its one edge to the other."""


@dataclass(slots=True)
class Grid:
    """Cells of a table; `filled` is the share of cells with text."""

    rows: int
    columns: int
    cells: list[TableCell]

    @property
    def filled(self) -> float:
        return sum(bool(cell.text) for cell in self.cells) / max(1, len(self.cells))


@dataclass(slots=True)
class WordRow:
    """Words of a table on one height, and the box around them."""

    words: list[Word]
    box: Box


def table_grid(box: Box, page: PageGeometry) -> Grid | None:
    """The grid of the table in `box`; None when there is no text in it."""
    words = [word for word in page.words if box.contains(word.box.center_x, word.box.center_y, 0.5)]
    if not words:
        return None
    size = statistics.median(word.box.height for word in words)
    rows = _word_rows(words)
    horizontal = [r for r in page.horizontal_rules if box.top - 3 <= r.top <= box.bottom + 3 and overlap_x(r, box) > 5]
    vertical = [r for r in page.vertical_rules if box.left - 3 <= r.left <= box.right + 3 and overlap_y(r, box) > 4]
    across, down = [(rule.top, rule.bottom) for rule in horizontal], [(rule.left, rule.right) for rule in vertical]
    ruled = len(_borders(down)) >= 3
    xs = _closed(down, box.left, box.right, size) if ruled else _columns_from_gaps(rows, box, size)
    if ruled and len(_borders(across)) >= 3:
        ys = _closed(across, box.top, box.bottom, size)
    else:
        ys = _row_borders(rows, box, xs, horizontal, size)
    owners = {(r, c): (r, c, r, c) for r in range(len(ys) - 1) for c in range(len(xs) - 1)}
    if ruled:
        owners = _merged_cells(xs, ys, horizontal, vertical)
    return _fill(xs, ys, owners, rows)


def contents_grid(box: Box, lines: Sequence[Line]) -> Grid | None:
    """The grid of a table of contents: a row per entry, its title and its page."""
    cells: list[TableCell] = []
    rows = rows_of(line for line in lines if inside(line, box))
    for index, row in enumerate(rows):
        text, edge = " ".join(line.text for line in row), union(row)
        number = PAGE_REFERENCE.search(text)
        title = LEADER_DOTS.sub(" ", text[: number.start()] if number else text).strip(" .")
        split = edge.right - PAGE_COLUMN_POINTS
        cells.append(_cell((index, 0, index, 0), Box(edge.left, edge.top, split, edge.bottom), title, header=False))
        page_text = number.group(1) if number else ""
        right = Box(split, edge.top, edge.right, edge.bottom)
        cells.append(_cell((index, 1, index, 1), right, page_text, header=False))
    return Grid(len(rows), 2, cells) if rows else None


def _cell(span: tuple[int, int, int, int], box: Box, text: str, *, header: bool) -> TableCell:
    first_row, first_column, last_row, last_column = span
    return TableCell(
        bbox=box.to_docling(),
        text=text,
        row_span=last_row - first_row + 1,
        col_span=last_column - first_column + 1,
        start_row_offset_idx=first_row,
        end_row_offset_idx=last_row + 1,
        start_col_offset_idx=first_column,
        end_col_offset_idx=last_column + 1,
        column_header=header,
    )


def _word_rows(words: Sequence[Word]) -> list[WordRow]:
    rows: list[WordRow] = []
    for word in sorted(words, key=lambda word: (word.box.center_y, word.box.left)):
        height = min(rows[-1].box.height, word.box.height) if rows else 0
        if rows and overlap_y(rows[-1].box, word.box) > 0.5 * height:
            rows[-1].words.append(word)
            rows[-1].box = union([rows[-1].box, word.box])
        else:
            rows.append(WordRow([word], word.box))
    return rows


def _borders(rules: Iterable[Interval]) -> list[float]:
    return cluster_positions((first + last) / 2 for first, last in rules)


def _closed(rules: Sequence[Interval], start: float, end: float, size: float) -> list[float]:
    """The borders that rules draw, and the table's own edges where no rule reaches them and text of this size has room;
    a rule that slants reaches further than its middle."""
    before = [start] if min(first for first, _ in rules) > start + size else []
    after = [end] if max(last for _, last in rules) < end - size else []
    return [*before, *_borders(rules), *after]


def _columns_from_gaps(rows: Sequence[WordRow], box: Box, size: float) -> list[float]:
    gaps = column_gaps([split_at_gaps(row.words, size) for row in rows], box, size)
    return [box.left - 1, *((left + right) / 2 for left, right in gaps), box.right + 1]


def _row_borders(
    rows: Sequence[WordRow], box: Box, xs: Sequence[float], rules: Sequence[Box], size: float
) -> list[float]:
    """Borders between text rows; a row that only continues a wrapped cell gets none."""
    full = [rule for rule in rules if overlap_x(rule, box) > 0.3 * box.width]
    borders = [box.top - 1]
    for above, row in itertools.pairwise(rows):
        ruled = any(above.box.bottom - 2 <= rule.top <= row.box.top + 2 for rule in full)
        in_first_column = any(word.box.left < xs[1] for word in row.words)
        columns = {bisect_left(xs, word.box.center_x) for word in row.words}
        far = row.box.top - above.box.bottom > 0.9 * size
        if ruled or in_first_column or len(columns) > 1 or far:
            borders.append((above.box.bottom + row.box.top) / 2)
    return [*borders, box.bottom + 1]


def _merged_cells(
    xs: Sequence[float], ys: Sequence[float], horizontal: Sequence[Box], vertical: Sequence[Box]
) -> dict[Position, tuple[int, int, int, int]]:
    """Which span each grid position belongs to: neighbours without a rule between them are one cell."""
    rows, columns = len(ys) - 1, len(xs) - 1
    parent = {(r, c): (r, c) for r in range(rows) for c in range(columns)}

    def root(position: Position) -> Position:
        while parent[position] != position:
            position = parent[position]
        return position

    for r, c in list(parent):
        middle_y, middle_x = (ys[r] + ys[r + 1]) / 2, (xs[c] + xs[c + 1]) / 2
        if c + 1 < columns and not any(
            abs(v.center_x - xs[c + 1]) < NEAR_POINTS and v.top - 2 <= middle_y <= v.bottom + 2 for v in vertical
        ):
            parent[root((r, c + 1))] = root((r, c))
        if (
            r + 1 < rows
            and len(horizontal) >= 3
            and not any(
                abs(h.center_y - ys[r + 1]) < NEAR_POINTS and h.left - 2 <= middle_x <= h.right + 2 for h in horizontal
            )
        ):
            parent[root((r + 1, c))] = root((r, c))
    groups: dict[Position, list[Position]] = defaultdict(list)
    for position in parent:
        groups[root(position)].append(position)
    return {position: span for group in groups.values() for position, span in _spans(group).items()}


def _spans(group: Sequence[Position]) -> dict[Position, tuple[int, int, int, int]]:
    """One span for a rectangular group; each its own for any other shape, which no table cell can have."""
    top, bottom = min(r for r, _ in group), max(r for r, _ in group)
    left, right = min(c for _, c in group), max(c for _, c in group)
    if len(group) == (bottom - top + 1) * (right - left + 1):
        return dict.fromkeys(group, (top, left, bottom, right))
    return {(r, c): (r, c, r, c) for r, c in group}


def _fill(
    xs: Sequence[float],
    ys: Sequence[float],
    owners: dict[Position, tuple[int, int, int, int]],
    rows: Sequence[WordRow],
) -> Grid | None:
    row_count, column_count = len(ys) - 1, len(xs) - 1
    if row_count < 1 or column_count < 1:
        return None
    texts: dict[tuple[int, int, int, int], list[str]] = defaultdict(list)
    for row in rows:
        for word in sorted(row.words, key=lambda word: word.box.left):
            r = min(max(bisect_left(ys, word.box.center_y) - 1, 0), row_count - 1)
            c = min(max(bisect_left(xs, word.box.center_x) - 1, 0), column_count - 1)
            texts[owners[r, c]].append(word.text.strip())
    cells = []
    for span in sorted(set(owners.values())):
        top, left, bottom, right = span
        box = Box(xs[left], ys[top], xs[right + 1], ys[bottom + 1])
        cells.append(_cell(span, box, " ".join(texts[span]), header=top == 0 and row_count > 1))
    return Grid(row_count, column_count, cells)
