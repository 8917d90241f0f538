"""Tables that go on over the end of a page: their first row there is data, unless it says the header again."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from docling_core.types.doc import ContentLayer, DocItem, DoclingDocument, TableCell, TableItem

SAME_EDGE_POINTS = 8.0  # by which columns may differ; without rules their borders follow the text
NUMERIC = re.compile(r"[^A-Za-zÀ-ÿ]*\d[^A-Za-zÀ-ÿ]*")
NUMERIC_SHARE = 0.7  # of a column's cells, from which a word above them is a header


def unmark_continued_headers(document: DoclingDocument) -> None:
    """In place: a table that continues the one on the page before has no header of its own."""
    items = [item for item, _ in document.iterate_items(included_content_layers={ContentLayer.BODY})]
    first: TableItem | None = None  # of the pages that one table goes over
    for above, table in itertools.pairwise(items):
        if not isinstance(above, TableItem) or not isinstance(table, TableItem) or not _follows(above, table):
            first = None
            continue
        first = first or above
        if _row(table, 0) != _row(first, 0) and not _is_header(table):
            for cell in table.data.table_cells:
                cell.column_header = False


def _follows(above: DocItem, table: TableItem) -> bool:
    """Is the table the first thing on the page after the table above, and has it the same columns?"""
    if not isinstance(above, TableItem) or not above.prov or not table.prov or table.captions:
        return False
    if table.prov[0].page_no != above.prov[-1].page_no + 1 or table.data.num_cols != above.data.num_cols:
        return False
    return _same_columns(above, table)


def _same_columns(above: TableItem, table: TableItem) -> bool:
    ones, others = _left_edges(above), _left_edges(table)
    return all(abs(ones[column] - others[column]) <= SAME_EDGE_POINTS for column in ones.keys() & others.keys())


def _left_edges(table: TableItem) -> dict[int, float]:
    """The left edge of each column but the first, which is the table's own."""
    edges: dict[int, float] = {}
    for cell in table.data.table_cells:
        if cell.bbox is not None and cell.start_col_offset_idx:
            edges.setdefault(cell.start_col_offset_idx, cell.bbox.l)
    return edges


def _row(table: TableItem, row: int) -> list[str]:
    cells = sorted(
        (cell for cell in table.data.table_cells if cell.start_row_offset_idx == row),
        key=lambda cell: cell.start_col_offset_idx,
    )
    return [" ".join(cell.text.split()).casefold() for cell in cells]


def _is_header(table: TableItem) -> bool:
    """Does the first row stand out from the rows below: a word, or nothing, above a column of numbers?"""
    columns: dict[int, list[TableCell]] = {}
    for cell in table.data.table_cells:
        columns.setdefault(cell.start_col_offset_idx, []).append(cell)
    return any(_has_heading(cells) for cells in columns.values())


def _has_heading(column: Sequence[TableCell]) -> bool:
    top, *below = sorted(column, key=lambda cell: cell.start_row_offset_idx)
    filled = [cell.text for cell in below if cell.text.strip()]
    numeric = sum(bool(NUMERIC.fullmatch(text.strip())) for text in filled)
    heading = top.start_row_offset_idx == 0 and top.text.strip() and not NUMERIC.fullmatch(top.text.strip())
    return bool(heading and len(filled) >= 2 and numeric >= NUMERIC_SHARE * len(filled))
