"""Packs blocks of text into pieces of a given number of tokens, cut at sentences and repeating a little at each cut.

HybridChunker of docling-core has no overlap, and with long headings or tables it passes the model's limit
(docling-core 2.104); here every piece is counted as the model will see it. Knows nothing of documents and models.
"""

from __future__ import annotations

import bisect
import itertools
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipeline.chunk.blocks import Block
from pipeline.schema import ChunkType

if TYPE_CHECKING:
    from tokenizers import Tokenizer

# A full stop after fewer than four letters is most often an abbreviation ("Art. 5º", "inc.", "Dr. Silva").
_SENTENCE = re.compile(r"\w{4}[.!?;…][\"'”’)\]]*\s+")
_WORD_TOKENS = 8  # room to end a piece at the end of a word
_LINES_ONLY = (ChunkType.TABLE, ChunkType.CODE)


@dataclass(frozen=True)
class Unit:
    """A sentence or line, with the white space after it; units are not cut further unless they must."""

    text: str
    tokens: int
    block: Block


Piece = list[Unit]


@dataclass(frozen=True)
class Sizes:
    """In tokens, without headings: the most a piece may hold, what neighbours share, what is too small to stand."""

    capacity: int
    overlap: int
    minimum: int


def text_of(piece: Piece) -> str:
    """The text of a piece, without the line breaks around it."""
    return "".join(unit.text for unit in piece).strip("\n").rstrip()


def pack(blocks: Sequence[Block], sizes: Sizes, tokenizer: Tokenizer) -> list[Piece]:
    """Pieces of one section, in order, each of at most `sizes.capacity` tokens as far as token counts add up.

    Runs of text are cut at sentences; neighbours share about `sizes.overlap` tokens. Tables are cut at rows, share
    nothing and repeat their header. A piece under `sizes.minimum` joins its neighbour where both fit in one piece.
    """
    pieces: list[Piece] = []
    for is_table, run in _runs(blocks):
        if is_table:
            packed = _pack_table(run[0], sizes, tokenizer)
        else:
            packed = _pack_run(_units(run, sizes.capacity - sizes.overlap, tokenizer), sizes, tokenizer)
        if pieces and packed and _should_join(pieces[-1], packed[0], sizes):
            pieces[-1] = [*pieces[-1], *packed.pop(0)]
        pieces += packed
    return pieces


def _runs(blocks: Sequence[Block]) -> Iterator[tuple[bool, list[Block]]]:
    """Tables alone, everything between them together."""
    for _, run in itertools.groupby(enumerate(blocks), _run_key):
        members = [block for _, block in run]
        yield members[0].chunk_type == ChunkType.TABLE, members


def _run_key(numbered: tuple[int, Block]) -> int:
    index, block = numbered
    return index if block.chunk_type == ChunkType.TABLE else -1


def _should_join(left: Piece, right: Piece, sizes: Sizes) -> bool:
    left_size, right_size = _size(left), _size(right)
    return min(left_size, right_size) < sizes.minimum and left_size + right_size <= sizes.capacity


def _size(units: Iterable[Unit]) -> int:
    return sum(unit.tokens for unit in units)


def _pack_table(table: Block, sizes: Sizes, tokenizer: Tokenizer) -> list[Piece]:
    header = _units([replace(table, text=table.header, header="")], sizes.capacity, tokenizer) if table.header else []
    if _size(header) > sizes.capacity // 2:  # too long to repeat: the header is a row like the others
        table, header = replace(table, text=f"{table.header}\n{table.text}"), []
    room = replace(sizes, capacity=sizes.capacity - _size(header), overlap=0)
    rows = _units([table], room.capacity, tokenizer)
    return [[*header, *piece] for piece in _pack_run(rows, room, tokenizer)]


def _pack_run(units: Sequence[Unit], sizes: Sizes, tokenizer: Tokenizer) -> list[Piece]:
    """The fewest pieces of about equal size, so that the last one is no stub."""
    total = _size(units)
    count = max(1, math.ceil((total - sizes.overlap) / (sizes.capacity - sizes.overlap)))
    goal = sizes.capacity if count == 1 else math.ceil((total + (count - 1) * sizes.overlap) / count)
    pieces: list[Piece] = []
    piece: Piece = []
    shared = size = 0
    for unit in units:
        if unit.tokens and len(piece) > shared and (size >= goal or size + unit.tokens > sizes.capacity):
            pieces.append(piece)
            piece = _tail(piece, min(sizes.overlap, sizes.capacity - unit.tokens), tokenizer)
            shared, size = len(piece), _size(piece)
        piece.append(unit)
        size += unit.tokens
    return [*pieces, piece] if piece else pieces


def _tail(piece: Piece, tokens: int, tokenizer: Tokenizer) -> Piece:
    """The last sentences of at most that many tokens, or the last words of the last sentence if it is longer."""
    tail: Piece = []
    for unit in reversed(piece):
        if _size(tail) + unit.tokens > tokens:
            break
        tail.insert(0, unit)
    if tail or tokens <= 0:
        return tail
    words = _last_words(piece[-1].text, tokens, tokenizer)
    return [replace(piece[-1], text=words, tokens=tokens)] if words else []


def _units(blocks: Iterable[Block], max_tokens: int, tokenizer: Tokenizer) -> list[Unit]:
    """Sentences or lines of the blocks, none above `max_tokens`; every block ends with a line break."""
    parts = [(part, block) for block in blocks for part in _parts(block)]
    units = []
    for (part, block), tokens in zip(parts, count([part for part, _ in parts], tokenizer), strict=True):
        if tokens <= max_tokens:
            units.append(Unit(part, tokens, block))
        else:
            cuts = [cut for sentence in _sentences(part) for cut in _cut(sentence, max_tokens, tokenizer)]
            units += [Unit(*cut, block) for cut in zip(cuts, count(cuts, tokenizer), strict=True)]
    return units


def _parts(block: Block) -> Iterator[str]:
    for line in f"{block.text}\n".splitlines(keepends=True):
        yield from [line] if block.chunk_type in _LINES_ONLY else _sentences(line)


def _sentences(line: str) -> Iterator[str]:
    ends = (match.end() for match in _SENTENCE.finditer(line))
    for start, end in itertools.pairwise(sorted({0, *ends, len(line)})):
        yield line[start:end]


def count(texts: Sequence[str], tokenizer: Tokenizer) -> list[int]:
    """Tokens of each text, without special tokens."""
    encodings = tokenizer.encode_batch([text.strip() for text in texts], add_special_tokens=False)
    return [len(encoding.ids) for encoding in encodings]


def _cut(text: str, max_tokens: int, tokenizer: Tokenizer) -> Iterator[str]:
    """Pieces of equal size, at most `max_tokens`, cut between words, or inside a word that is longer than that."""
    starts = [start for start, _ in tokenizer.encode(text, add_special_tokens=False).offsets]
    pieces = math.ceil(len(starts) / max_tokens)
    step = min(max_tokens, math.ceil(len(starts) / max(1, pieces)) + _WORD_TOKENS)
    begin = 0
    while (beyond := bisect.bisect_left(starts, begin) + step) < len(starts):
        limit = max(begin + 1, starts[beyond])
        end = next((at for at in range(limit, begin, -1) if text[at - 1].isspace()), limit)
        yield text[begin:end]
        begin = end
    yield text[begin:]


def _last_words(text: str, tokens: int, tokenizer: Tokenizer) -> str:
    """Whole words from the end of the text, of at most that many tokens."""
    starts = [start for start, _ in tokenizer.encode(text, add_special_tokens=False).offsets]
    begin = starts[-tokens] if tokens <= len(starts) else 0
    words = (at for at in range(begin, len(text)) if at == 0 or text[at - 1].isspace())
    return text[next(words, len(text)) :]
