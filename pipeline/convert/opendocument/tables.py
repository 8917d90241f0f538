"""Tables of OpenDocument texts and slides: repeated rows and columns, cells over several of them, tables in cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pipeline.convert.builder import Cell
from pipeline.convert.limits import Copies, refuse_cells
from pipeline.convert.opendocument.names import name, names
from pipeline.convert.opendocument.package import Element
from pipeline.convert.opendocument.passages import PassageReader

CELL, COVERED, ROW = name("table:table-cell"), name("table:covered-table-cell"), name("table:table-row")
COLUMNS_REPEATED, ROWS_REPEATED = name("table:number-columns-repeated"), name("table:number-rows-repeated")
COLUMNS_SPANNED, ROWS_SPANNED = name("table:number-columns-spanned"), name("table:number-rows-spanned")
HEADER_ROWS, TABLE = name("table:table-header-rows"), name("table:table")
PARAGRAPHS = (name("text:p"), name("text:h"))
LEFT_OUT = names("office:annotation", "text:tracked-changes")
MAX_REPEATED = 1000  # of a cell or row that holds text; nobody writes more on purpose
MAX_SPANNED = 1000


class TableReader:
    """`read_block` reads what stands in cells and is no text; `copies` are counted for the whole document."""

    def __init__(self, passages: PassageReader, copies: Copies, read_block: Callable[[Element], None]) -> None:
        self._passages = passages
        self._copies = copies
        self._read_block = read_block

    def read(self, table: Element) -> tuple[list[list[Cell]], int, list[Element]]:
        """(rows, how many of them are a header, what is anchored in the cells). Raises PermanentError (TOO_LONG)."""
        rows: list[list[Cell]] = []
        behind: list[Element] = []
        header_rows = count = 0
        for row, is_header in _rows(table, False):
            cells = list(self._cells(row, behind))
            repeated = number(row, ROWS_REPEATED, MAX_REPEATED) if any(cell.text for cell in cells) else 1
            count += len(cells) * repeated
            refuse_cells(count)
            self._copies.add(len(cells) * (repeated - 1), sum(len(cell.text) for cell in cells) * (repeated - 1))
            rows += [cells] * repeated
            header_rows += repeated if is_header else 0
        return rows, header_rows or 1, behind

    def _cells(self, row: Element, behind: list[Element]) -> Iterator[Cell]:
        for element in row:
            if element.tag != CELL:  # what another cell covers is no cell of its own
                continue
            text = self.cell_text(element, behind)
            cell = Cell(text, number(element, ROWS_SPANNED, MAX_SPANNED), number(element, COLUMNS_SPANNED, MAX_SPANNED))
            repeated = number(element, COLUMNS_REPEATED, MAX_REPEATED)
            self._copies.add(repeated - 1, len(text) * (repeated - 1))
            yield from [cell] * repeated

    def cell_text(self, cell: Element, behind: list[Element]) -> str:
        """Paragraphs and list items on lines of their own; a table inside as lines of its cells."""
        lines: list[str] = []
        is_struck = self._passages.is_struck_cell(cell)
        for element in cell:
            self._add_lines(element, lines, behind, is_struck)
        return "\n".join(lines)

    def _add_lines(self, element: Element, lines: list[str], behind: list[Element], is_struck: bool) -> None:
        if element.tag in LEFT_OUT or not isinstance(element.tag, str):
            return
        if element.tag in PARAGRAPHS:
            passage = self._passages.read(element, is_struck=is_struck)
            lines.append(passage.text)
            behind += passage.anchored
        elif element.tag == TABLE:
            for row, _ in _rows(element, False):
                lines.append(" | ".join(cell.text for cell in self._cells(row, behind)))
        elif element.tag.startswith(DRAWN):
            behind.append(element)
        else:
            for child in element:
                self._add_lines(child, lines, behind, is_struck)


DRAWN = name("draw:x").removesuffix("x")


def _rows(element: Element, is_header: bool) -> Iterator[tuple[Element, bool]]:
    for child in element:
        if child.tag == ROW:
            yield child, is_header
        elif child.tag != TABLE and isinstance(child.tag, str):
            yield from _rows(child, is_header or child.tag == HEADER_ROWS)


def number(element: Element, attribute: str, most: int) -> int:
    """A repeat or span attribute, limited to 1 to `most`; 1 if it is not a number."""
    text = element.get(attribute, "1")
    return max(1, min(int(text), most)) if text.isdigit() and len(text) < 10 else 1
