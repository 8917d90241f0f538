"""Tables of Word with a grid that holds all of their cells.

Docling 2.143 drops the cells beyond the columns that a table declares, and whole tables that declare none.
"""

from __future__ import annotations

from typing import Final

from lxml import etree

from pipeline.convert.office.names import W, remove

MAX_COLUMNS: Final = 63  # that Word allows


def mend_tables(root: etree._Element) -> None:
    """In place: as many columns declared as the widest row has; tables without rows go."""
    for table in list(root.iter(f"{W}tbl")):
        rows = table.findall(f"{W}tr")
        if not rows:
            remove(table)
            continue
        grid = table.find(f"{W}tblGrid")
        if grid is None:
            grid = etree.Element(f"{W}tblGrid")
            rows[0].addprevious(grid)
        if table.find(f"{W}tblPr") is None:
            table.insert(0, etree.Element(f"{W}tblPr"))
        columns = grid.findall(f"{W}gridCol")
        for column in columns[MAX_COLUMNS:]:
            grid.remove(column)
        for _ in range(len(columns), min(max(map(_width, rows)), MAX_COLUMNS)):
            etree.SubElement(grid, f"{W}gridCol")


def _width(row: etree._Element) -> int:
    before = row.find(f"{W}trPr/{W}gridBefore")
    spans = [cell.find(f"{W}tcPr/{W}gridSpan") for cell in row.iterchildren(f"{W}tc")]
    return _number(before, 0) + sum(_number(span, 1) for span in spans)


def _number(element: etree._Element | None, default: int) -> int:
    return int(element.get(f"{W}val", default)) if element is not None else default
