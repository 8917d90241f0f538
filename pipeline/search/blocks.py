"""A chunk's text as people read it: paragraphs, lists, tables and code, with the question's words marked.

Chunks keep a table as rows of cells between ` | ` and a list as lines that begin with `- `. Every character of the text
but these signs and the line breaks around them stands in one of the blocks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from pipeline.schema import ChunkType
from pipeline.search.passages import Passage, stretches

Kind = Literal["text", "list", "table", "code"]
Places = Sequence[tuple[int, int]]
Cell = tuple[Passage, ...]
_LINE = re.compile(r"[^\n]+")
_CELLS = re.compile(r"(?:^| )\|(?= |$)")
_ITEM = re.compile(r"- (?=\S)")
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True)
class Row:
    """A paragraph, list item or line of code has one cell."""

    cells: tuple[Cell, ...]

    @property
    def length(self) -> int:
        return sum(len(part.text) for cell in self.cells for part in cell)

    @property
    def marks(self) -> set[str]:
        return {part.text.casefold() for cell in self.cells for part in cell if part.is_marked}


@dataclass(frozen=True)
class Block:
    """A paragraph, list, table or piece of code: rows of cells, of which only tables have several."""

    kind: Kind
    rows: tuple[Row, ...]
    has_header: bool = False
    """Whether the first row of a table names its columns."""


def blocks(text: str, chunk_type: ChunkType, highlights: Places = ()) -> list[Block]:
    """`highlights` are [begin, end) in characters, in order."""
    if chunk_type is ChunkType.CODE:
        return [Block("code", (Row((_cell(text, 0, len(text), highlights),)),))]
    found: list[Block] = []
    for kind, group in groupby(_lines(text, chunk_type), key=lambda line: line[0]):
        rows = tuple(Row(tuple(_cell(text, *span, highlights) for span in spans)) for _, spans in group)
        found.append(Block(kind, rows, kind == "table" and _names_columns(rows)))
    return found


def brief(found: Sequence[Block], characters: int) -> list[Block]:
    """Whole rows around those with most of the question's words, about so many characters, or one row that is longer;
    a table keeps the names of its columns."""
    rows = [(block, row) for block in found for row in block.rows]
    if sum(row.length for _, row in rows) <= characters:
        return list(found)
    first, last = _best(rows, characters)
    kept = [id(row) for _, row in rows[first:last]]
    shortened = (_only(block, kept) for block in found)
    return [block for block in shortened if block]


def _best(rows: Sequence[tuple[Block, Row]], characters: int) -> tuple[int, int]:
    """The stretch of rows that has most different words marked; of equal ones the first."""
    best, most = (0, 1), -1
    for first in range(len(rows)):
        last, length, marks = first, 0, set[str]()
        while last < len(rows) and (last == first or length + rows[last][1].length <= characters):
            length += rows[last][1].length
            marks |= rows[last][1].marks
            last += 1
        if len(marks) > most:
            best, most = (first, last), len(marks)
    return best


def _only(block: Block, kept: Sequence[int]) -> Block | None:
    rows = tuple(row for row in block.rows if id(row) in kept)
    if not rows:
        return None
    if block.has_header and rows[0] is not block.rows[0]:
        rows = (block.rows[0], *rows)
    return Block(block.kind, rows, block.has_header)


def _lines(text: str, chunk_type: ChunkType) -> Iterator[tuple[Kind, list[tuple[int, int]]]]:
    """Each line's kind, and where its cells stand."""
    for line in _LINE.finditer(text):
        begin, end = line.span()
        cells = _cells(line.group(), begin) if chunk_type is ChunkType.TABLE else []
        if len(cells) > 1:
            yield "table", cells
        elif _ITEM.match(line.group()):
            yield "list", [(begin + 2, end)]
        elif line.group().strip():
            yield "text", [(begin, end)]


def _cells(line: str, begin: int) -> list[tuple[int, int]]:
    """Empty ones at a row's end are no longer in its text."""
    ends = [(match.start(), match.end()) for match in _CELLS.finditer(line)]
    starts = [0, *(end for _, end in ends)]
    stops = [*(start for start, _ in ends), len(line)]
    return [_stripped(line, start, stop, begin) for start, stop in zip(starts, stops, strict=True)]


def _stripped(line: str, start: int, stop: int, begin: int) -> tuple[int, int]:
    cell = line[start:stop]
    left = len(cell) - len(cell.lstrip())
    return begin + start + left, begin + start + max(left, len(cell.rstrip()))


def _cell(text: str, begin: int, end: int, highlights: Places) -> Cell:
    return tuple(stretches(text, begin, end, highlights))


def _names_columns(rows: Sequence[Row]) -> bool:
    """A first row without figures and gaps, as wide as the widest; a table's own word for it is not in its text."""
    first = rows[0]
    texts = ["".join(part.text for part in cell) for cell in first.cells]
    is_whole = len(rows) > 1 and len(texts) >= max(len(row.cells) for row in rows)
    return is_whole and all(text and not _DIGIT.search(text) for text in texts)
