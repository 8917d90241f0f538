"""The filled cells of one sheet, wherever they lie, as tables: blank rows and columns part them."""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator

from pipeline.convert.builder import Cell
from pipeline.convert.limits import Blanks, refuse_cells

BLANK = Cell("")


class SheetGrid:
    """Costs by the cells that are filled, not by how far apart they lie; `blanks` are those of the whole document."""

    def __init__(self, blanks: Blanks) -> None:
        self._blanks = blanks
        self._rows: dict[int, dict[int, Cell]] = defaultdict(dict)
        self._count = 0

    def put(self, row: int, column: int, cell: Cell) -> None:
        """Raises PermanentError (TOO_LONG) for more cells than any reader will look at."""
        self._count += 1
        refuse_cells(self._count)
        self._rows[row][column] = cell

    def tables(self) -> Iterator[list[list[Cell]]]:
        """Rows without a blank row between them, by the columns without a blank column between them."""
        for rows in _runs(sorted(self._rows), self._last_row):
            last_columns: dict[int, int] = {}
            for row in rows:
                for column, cell in self._rows[row].items():
                    last_columns[column] = max(last_columns.get(column, 0), column + cell.columns - 1)
            runs = list(_runs(sorted(last_columns), last_columns.__getitem__))
            run_of = {column: number for number, columns in enumerate(runs) for column in columns}
            filled = [dict[int, list[int]]() for _ in runs]  # row -> columns
            for row in rows:
                for column in self._rows[row]:
                    filled[run_of[column]].setdefault(row, []).append(column)
            for columns, places in zip(runs, filled, strict=True):
                yield from self._tables_of(rows, columns, places)

    def _last_row(self, row: int) -> int:
        return row + max(cell.rows for cell in self._rows[row].values()) - 1

    def _tables_of(
        self, rows: list[int], columns: list[int], filled: dict[int, list[int]]
    ) -> Iterator[list[list[Cell]]]:
        """One table, without the rows above and below that only tables beside it fill.

        Where nearly all of it would be blank, it is one table for each row, without its blanks.
        """
        rows = rows[bisect_left(rows, min(filled)) : bisect_right(rows, max(filled))]
        if self._blanks.allows(len(rows) * len(columns), sum(map(len, filled.values()))):
            yield self._table(rows, columns)
            return
        for row, used in filled.items():
            yield [[Cell(self._rows[row][column].text) for column in sorted(used)]]

    def _table(self, rows: list[int], columns: list[int]) -> list[list[Cell]]:
        table = []
        covered: set[tuple[int, int]] = set()
        position = {column: index for index, column in enumerate(columns)}
        for number, row in enumerate(rows):
            cells = []
            for column in columns:
                if (number, column) in covered:
                    continue
                cell = self._rows[row].get(column, BLANK)
                if cell.rows > 1 or cell.columns > 1:
                    cell = _fitted(cell, rows[number:], columns[position[column] :])
                    places = itertools.product(range(cell.rows), columns[position[column] :][: cell.columns])
                    covered |= {(number + down, right) for down, right in places}
                cells.append(cell)
            table.append(cells)
        return table


def _fitted(cell: Cell, rows: list[int], columns: list[int]) -> Cell:
    """A span counts the rows and columns that the table keeps."""
    kept_rows = sum(row < rows[0] + cell.rows for row in rows[: cell.rows])
    kept_columns = sum(column < columns[0] + cell.columns for column in columns[: cell.columns])
    return Cell(cell.text, kept_rows, kept_columns)


def _runs(numbers: list[int], last: Callable[[int], int]) -> Iterator[list[int]]:
    """Runs of numbers in each of which no number is left out that the ones before do not cover."""
    run: list[int] = []
    end = -1
    for value in numbers:
        if run and value > end + 1:
            yield run
            run = []
        run.append(value)
        end = max(end, last(value))
    if run:
        yield run
