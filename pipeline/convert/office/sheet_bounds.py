"""Sheets with values far apart: the empty lines between them are drawn together; what is too wide even so is refused.

Docling 2.143 and openpyxl make a cell of each place up to the farthest: 17 thousand million for a value at XFD1048576.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Final

from lxml import etree

from pipeline.convert.office.names import S
from pipeline.convert.office.sheet_cells import COORDINATE, column_of
from pipeline.errors import ErrorCode, PermanentError

FULL_ENOUGH: Final = 4  # places for a value; a sheet that is fuller is left as it is
SMALL: Final = 200_000  # places that cost nothing
MAX_PLACES: Final = 2_000_000
TIED_TO_PLACES: Final = (
    *(
        "hyperlinks",
        "tableParts",
        "conditionalFormatting",
        "dataValidations",
        "autoFilter",
        "dimension",
        "legacyDrawing",
    ),
)
GAP: Final = 1  # an empty line parts tables


def draw_together(sheet: etree._Element) -> None:
    """In place. Raises PermanentError (TOO_LARGE) if the values are too far apart even so."""
    cells = _cells(sheet)
    merged = [_corners(one.get("ref", "")) for one in sheet.iter(f"{S}mergeCell")]
    if not _is_sparse(_places(cells), len(cells)):
        return
    used = [*(place for _, place in cells), *itertools.chain.from_iterable(merged)]
    rows, columns = (_drawn(place[axis] for place in used) for axis in (0, 1))
    if len(rows) and _is_sparse(max(rows.values()) * max(columns.values()), len(cells), MAX_PLACES):
        raise PermanentError(
            "The values of a sheet are too far apart: move them together or delete those at the edges.",
            ErrorCode.TOO_LARGE,
        )
    _move(sheet, cells, rows, columns)


def _cells(sheet: etree._Element) -> list[tuple[etree._Element, tuple[int, int]]]:
    """Cells with a value and their places; those that are only formatted are taken out, and rows without any."""
    found = []
    row_number = 0
    for row in list(sheet.iter(f"{S}row")):
        row_number = int(row.get("r", row_number + 1))
        column = 0
        for cell in row.findall(f"{S}c"):
            column = column_of(cell.get("r", "")) or column + 1
            if len(cell):
                cell.set("r", f"{_letters(column)}{row_number}")
                found.append((cell, (row_number, column)))
            else:
                row.remove(cell)
        if len(row):
            row.set("r", str(row_number))
        else:
            row.getparent().remove(row)
    return found


def _places(cells: list[tuple[etree._Element, tuple[int, int]]]) -> int:
    if not cells:
        return 0
    rows, columns = ([place[axis] for _, place in cells] for axis in (0, 1))
    return (max(rows) - min(rows) + 1) * (max(columns) - min(columns) + 1)


def _is_sparse(places: int, values: int, limit: int = SMALL) -> bool:
    return places > limit and places > FULL_ENOUGH * values


def _drawn(numbers: Iterable[int]) -> dict[int, int]:
    """Used number -> its new number, with no gap wider than one."""
    new: dict[int, int] = {}
    last = 0
    for number in sorted(set(numbers)):
        step = number - last
        new[number] = (new[last] if last else 0) + min(step, GAP + 1)
        last = number
    return new


def _move(
    sheet: etree._Element,
    cells: list[tuple[etree._Element, tuple[int, int]]],
    rows: dict[int, int],
    columns: dict[int, int],
) -> None:
    for cell, (row_number, column) in cells:
        cell.set("r", f"{_letters(columns[column])}{rows[row_number]}")
        cell.getparent().set("r", str(rows[row_number]))
        cell.getparent().attrib.pop("spans", None)
    for merge in sheet.iter(f"{S}mergeCell"):
        corners = _corners(merge.get("ref", ""))
        merge.set("ref", ":".join(f"{_letters(columns[column])}{rows[row]}" for row, column in corners))
    for name in TIED_TO_PLACES:
        for element in sheet.findall(f"{S}{name}"):
            sheet.remove(element)


def _corners(reference: str) -> list[tuple[int, int]]:
    return [
        (int(match[2]), column_of(match.group())) for match in COORDINATE.finditer(reference.replace("$", "").upper())
    ]


def _letters(column: int) -> str:
    text = ""
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(ord("A") + rest) + text
    return text
