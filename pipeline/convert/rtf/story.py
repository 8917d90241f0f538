"""A stream of paragraphs in an RTF file, the main text, a note or a running header: collected, then handed on."""

from __future__ import annotations

from dataclasses import dataclass, field

from docling_core.types.doc import DocItemLabel

from pipeline.convert.builder import Cell, DocumentBuilder
from pipeline.convert.drop_caps import MOST_CAPS, gap_behind, words_in
from pipeline.convert.marks import joined
from pipeline.convert.rtf.tables import Row, cells_of


@dataclass(frozen=True)
class ParagraphFormat:
    """What `\\pard` resets. `table_depth` 0 is outside of tables."""

    heading: int | None = None
    list_depth: int | None = None
    table_depth: int = 0
    is_drop_cap: bool = False


@dataclass(frozen=True)
class Paragraph:
    """A paragraph outside tables; `marker` is what a list puts before it."""

    text: str
    format: ParagraphFormat = ParagraphFormat()
    marker: str = ""
    label: DocItemLabel = DocItemLabel.TEXT


@dataclass(frozen=True)
class Picture:
    """An embedded picture file, decoded."""

    data: bytes


def pictures(written: list[bytes]) -> list[Block]:
    """The picture that is written as digits; none if they are damaged."""
    try:
        data = bytes.fromhex(b"".join(written).replace(b" ", b"").decode("ascii"))
    except ValueError:
        return []
    return [Picture(data)] if data else []


Block = Paragraph | Picture | list[Row]


@dataclass
class Story:
    """Blocks in order; a table goes on until a paragraph stands outside of it."""

    blocks: list[Block] = field(default_factory=list)
    behind: list[Block] = field(default_factory=list)
    is_running: bool = False
    marker: str = ""
    _cap: str = ""
    _caps: int = 0
    _pieces: list[tuple[str, bool]] = field(default_factory=list)
    _cell: list[str] = field(default_factory=list)
    _cells: list[str] = field(default_factory=list)
    _inner_cells: list[str] = field(default_factory=list)
    _rows: list[Row] = field(default_factory=list)

    def write(self, text: str, is_struck: bool = False) -> None:
        """Add text to the current paragraph."""
        self._pieces.append((text, is_struck))

    def mark(self) -> int:
        """A place in the current paragraph."""
        return len(self._pieces)

    def since(self, mark: int) -> str:
        """What was written into the current paragraph since `mark` gave this place."""
        return "".join(text for text, _ in self._pieces[mark:])

    def end_paragraph(self, shape: ParagraphFormat) -> None:
        """The current paragraph is complete: a block, or within a table a line of the cell."""
        if shape.is_drop_cap and self._caps < MOST_CAPS:  # it begins the next paragraph
            self._caps += 1
            self._cap = self.since(0)
            self._pieces.clear()
            return
        text = self._take()
        if shape.table_depth:
            self._cell.append(text)
            return
        self._end_table()
        if text.strip():
            self.blocks.append(Paragraph(text, shape, self.marker))
        self.marker = ""
        self._add_behind()

    def _with_cap(self, text: str) -> str:
        cap, self._cap = self._cap, ""
        if not cap.strip():
            return text
        texts = [block.text for block in self.blocks if isinstance(block, Paragraph)]
        return f"{cap.strip()}{gap_behind(cap, text, words_in([*texts, text]))}{text}"

    def end_cell(self) -> None:
        """What was written since the last cell is a cell of the current row."""
        self._cells.append(self._cell_text())

    def end_inner_cell(self) -> None:
        """The same for a table in a cell."""
        self._inner_cells.append(self._take().strip())

    def end_inner_row(self) -> None:
        """A row of a table in a cell becomes a line of the cell."""
        self._cell.append(" | ".join(self._inner_cells))
        self._inner_cells = []

    def end_row(self, row: Row) -> None:
        """The cells so far are a row, of the shape that `row` gives."""
        self._rows.append(row.with_texts(self._cells))
        self._cells = []

    def close(self) -> list[Block]:
        """All blocks, once the story is over."""
        text = self._cell_text() if self._cell else self._take()
        if self._cells:
            self.end_row(Row())
        self._end_table()
        if text.strip():
            self.blocks.append(Paragraph(text, marker=self.marker))
        self._add_behind()
        return self.blocks

    def text(self) -> str:
        """Everything on lines, for stories that are one passage."""
        lines: list[str] = []
        for block in self.close():
            if isinstance(block, Paragraph):
                lines.append(f"{block.marker} {block.text}".strip())
            elif isinstance(block, list):
                lines += [" | ".join(cell.text for cell in row) for row in cells_of(block)]
        return "\n".join(lines)

    def _cell_text(self) -> str:
        marker = f"{self.marker} " if any(map(str.isalnum, self.marker)) else ""
        lines = [*self._cell, marker + self._take()]
        self._cell, self.marker = [], ""
        return "\n".join(lines).strip()

    def _take(self) -> str:
        text = joined(self._pieces)
        self._pieces.clear()
        return self._with_cap(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))

    def _end_table(self) -> None:
        if self._rows:
            self.blocks.append(self._rows)
            self._rows = []

    def _add_behind(self) -> None:
        if not self._rows and not self._cells:
            self.blocks += self.behind
            self.behind = []


def hand_on(blocks: list[Block], builder: DocumentBuilder) -> None:
    """Put blocks into the document."""
    for block in blocks:
        if isinstance(block, list):
            builder.table([[Cell(cell.text, cell.rows, cell.columns) for cell in row] for row in cells_of(block)])
        elif isinstance(block, Picture):
            builder.picture(block.data)
        elif block.format.heading is not None:
            builder.heading(f"{block.marker} {block.text}".strip(), block.format.heading)
        elif block.marker or block.format.list_depth is not None:
            builder.list_item(block.text, block.format.list_depth or 0, block.marker)
        else:
            builder.paragraph(block.text, block.label)
