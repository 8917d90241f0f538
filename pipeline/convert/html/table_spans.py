"""Spans of cells in HTML tables, where they claim far more places than there are cells to fill them.

Docling 2.143 and its documents hold every place of a table, blank or not; some letters can claim a thousand million.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from lxml import etree

from pipeline.convert.limits import MAX_BLANKS

CELLS = ("td", "th")
PARTS = ("thead", "tbody", "tfoot")
SPANS = ("colspan", "rowspan")
LONGER = 2  # times the mean row
MOST_COLUMNS, MOST_ROWS = 1000, 65_534  # that a browser lets a cell span

Row = list[etree._Element]


def bound_spans(page: etree._Element) -> None:
    """In place, in linear time: where a page's tables have too many blanks, those that are mostly blank lose their
    spans, and rows far longer than the others go on in the next one."""
    tables = [rows for table in page.iter("table") if (rows := list(_rows(table)))]
    counted = [(_places(rows) - (count := sum(map(len, rows))), count, rows) for rows in tables]
    if sum(blanks for blanks, _, _ in counted) <= MAX_BLANKS:
        return
    for blanks, count, rows in counted:
        if blanks > count:
            _drop_spans(rows)
            _wrap(rows, most=max(1, LONGER * count // len(rows)))


def _rows(table: etree._Element) -> Iterator[Row]:
    """Its own cells, not those of tables in them."""
    for part in table:
        for row in (part,) if part.tag == "tr" else part.iterchildren("tr") if part.tag in PARTS else ():
            yield list(row.iterchildren(*CELLS))


def _places(rows: list[Row]) -> int:
    """Of the grid that holds all rows, with what spans from above push aside; or all that spans cover, if more."""
    covered, change = 0, [0] * (len(rows) + 1)
    for number, row in enumerate(rows):
        for cell in row:
            columns = _span(cell, "colspan", MOST_COLUMNS)
            down = min(_span(cell, "rowspan", MOST_ROWS), len(rows) - number)
            covered += columns * down
            change[number] += columns
            change[number + down] -= columns
    return max(covered, len(rows) * max(itertools.accumulate(change)))


def _span(cell: etree._Element, name: str, most: int) -> int:
    value = cell.get(name, "1").strip()[:9]
    return min(max(int(value), 1), most) if value.isdecimal() else 1


def _drop_spans(rows: list[Row]) -> None:
    for cell in itertools.chain.from_iterable(rows):
        for name in SPANS:
            cell.attrib.pop(name, None)


def _wrap(rows: list[Row], most: int) -> None:
    for cells in rows:
        for start in reversed(range(most, len(cells), most)):
            behind = etree.Element("tr")
            behind.extend(cells[start : start + most])
            next(cells[0].iterancestors()).addnext(behind)
