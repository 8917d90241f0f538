"""OpenDocument spreadsheets (ODS, OTS, FODS): every cell as the sheet shows it."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.convert.builder import Cell, DocumentBuilder
from pipeline.convert.limits import refuse_pages
from pipeline.convert.opendocument.content import FOOTERS, HEADERS, ContentReader, running_texts
from pipeline.convert.opendocument.names import NAMESPACES, name
from pipeline.convert.opendocument.package import Element, open_package
from pipeline.convert.opendocument.properties import properties_of
from pipeline.convert.opendocument.tables import (
    CELL,
    COLUMNS_REPEATED,
    COLUMNS_SPANNED,
    COVERED,
    ROWS_REPEATED,
    ROWS_SPANNED,
    number,
)
from pipeline.convert.prepared import Built
from pipeline.convert.properties import Found
from pipeline.convert.sheet_grid import SheetGrid
from pipeline.settings.sections import ConversionSettings

VALUE_TYPE, VALUE = name("office:value-type"), name("office:value")
FORMULA = name("table:formula")
VISIBILITY, NOT_SHOWN = name("table:visibility"), ("collapse", "filter")
LINES = (name("table:table-row"), name("table:table-column"))
LAST_ROW, LAST_COLUMN = 1 << 20, 1 << 14


def read_sheets(data: bytes, settings: ConversionSettings) -> Built:
    """Sheet by sheet, hidden ones too: cells as tables, then boxes and charts; at the end running texts once."""
    package = open_package(data, settings)
    builder = DocumentBuilder(settings)
    reader = ContentReader(package, builder)
    sheets = package.body("spreadsheet").findall("table:table", NAMESPACES)
    refuse_pages(len(sheets), settings)
    without_result = 0
    for sheet in sheets:
        builder.sheet(sheet.get(name("table:name"), ""))
        reader.noticed.add("hidden_sheets", reader.styles.hides("table", sheet.get(name("table:style-name"))))
        reader.noticed.add("hidden_lines", sum(element.get(VISIBILITY) in NOT_SHOWN for element in sheet.iter(*LINES)))
        grid, behind = SheetGrid(builder.blanks), list[Element]()
        without_result += _fill(grid, sheet, reader, behind)
        for rows in grid.tables():
            builder.table(rows)
        for element in [*behind, *sheet.iterfind("table:shapes/*", NAMESPACES)]:
            reader.read(element)
    for text in running_texts(package, reader.passages, (*HEADERS, *FOOTERS)):
        builder.paragraph(text)
    found = properties_of(package)
    notes = [f"Formulas without a stored result: {without_result}."] if without_result else []
    return reader.built(Found(found.properties, (*found.warnings, *notes)))


def _fill(grid: SheetGrid, sheet: Element, reader: ContentReader, behind: list[Element]) -> int:
    """Put what the sheet shows into the grid; the number of formulas that show nothing."""
    row, without_result = 0, 0
    for element in sheet.iter(name("table:table-row")):
        found = list(_cells(element, reader, behind))
        repeated = number(element, ROWS_REPEATED, LAST_ROW)
        shown = [(column, cell) for column, cell, _ in found if cell.text]
        copies = repeated - 1 if shown else 0
        reader.copies.add(len(shown) * copies, sum(len(cell.text) for _, cell in shown) * copies)
        for copy in range(repeated if shown else 0):
            for column, cell in shown:
                grid.put(row + copy, column, cell)
        without_result += sum(is_lacking for _, _, is_lacking in found)
        row += repeated
    return without_result


def _cells(row: Element, reader: ContentReader, behind: list[Element]) -> Iterator[tuple[int, Cell, bool]]:
    """(column, cell, whether it is a formula without a result) of cells that are not blank."""
    column = 0
    for element in row:
        if element.tag not in (CELL, COVERED):
            continue
        text = reader.tables.cell_text(element, behind) or _bare_value(element)
        repeated = number(element, COLUMNS_REPEATED, LAST_COLUMN)
        is_lacking = not text and element.get(FORMULA) is not None and element.get(VALUE_TYPE) is None
        if text.strip() or is_lacking:
            cell = Cell(text, number(element, ROWS_SPANNED, LAST_ROW), number(element, COLUMNS_SPANNED, LAST_COLUMN))
            reader.copies.add((repeated - 1) * bool(text.strip()), len(text) * (repeated - 1))
            yield from ((column + copy, cell, is_lacking) for copy in range(repeated))
        column += repeated


def _bare_value(cell: Element) -> str:
    """Other programs than LibreOffice may leave out the shown text."""
    for attribute in ("office:string-value", "office:date-value", "office:time-value", "office:boolean-value"):
        if value := cell.get(name(attribute)):
            return str(value)
    return str(cell.get(VALUE, ""))
