"""The chunk stage: cuts a converted document into chunks that follow its sections and fit the embedding model.

A plain function of files for a worker process; needs the model's tokenizer, not the model.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from docling_core.types.doc import DoclingDocument

from pipeline import embedding_models
from pipeline.chunk import language, packing
from pipeline.chunk.blocks import Block, Outline, Section, outline
from pipeline.chunk.packing import Piece, Sizes
from pipeline.datadir import files
from pipeline.datadir.files import FilePath
from pipeline.embedding_models import ModelCard
from pipeline.errors import ErrorCode, PermanentError
from pipeline.schema import Chunk, ChunkedDocument, ChunkType, Conversion
from pipeline.settings.sections import ChunkingSettings, EmbeddingSettings

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_LANGUAGE_SAMPLE_CHARACTERS = 20_000


def chunk(  # noqa: PLR0913, PLR0917 - all that decides the result
    document: FilePath,
    conversion: FilePath,
    target: FilePath,
    chunking: ChunkingSettings,
    embedding: EmbeddingSettings,
    models_dir: Path,
) -> ChunkedDocument:
    """See `pipeline.chunk.chunk_document`."""
    card = embedding_models.describe(embedding, models_dir)
    facts = files.read_model(conversion, Conversion)
    parts = outline(files.read_model(document, DoclingDocument), facts.has_places)
    chunker = Chunker(embedding_models.tokenizer(card.folder), card, chunking)
    chunks = tuple(chunker.chunks(parts.sections))
    result = ChunkedDocument(
        chunks=chunks,
        language=language.detect(_sample(parts), facts.properties.language),
        title=parts.title,
        section_count=parts.heading_count,
        total_tokens=sum(chunk.token_count for chunk in chunks),
    )
    files.write_json(target, result)
    return result


def load_tokenizer(embedding: EmbeddingSettings, models_dir: Path) -> None:
    """See `pipeline.chunk.load`."""
    embedding_models.tokenizer(embedding_models.describe(embedding, models_dir).folder)


def _sample(parts: Outline) -> str:
    blocks = (block for section in parts.sections for block in (*section.headings[-1:], *section.blocks))
    text = ""
    for block in blocks:
        text = f"{text}{block.text}\n"
        if len(text) > _LANGUAGE_SAMPLE_CHARACTERS:
            break
    return text


@dataclass(frozen=True)
class Chunker:
    """Cuts sections into chunks that one model can embed."""

    tokenizer: Tokenizer
    card: ModelCard
    settings: ChunkingSettings

    def chunks(self, sections: Sequence[Section]) -> Iterator[Chunk]:
        """Chunks of the sections, in reading order, numbered from 0."""
        spelled_out: set[int] = set()
        index = 0
        for section in sections:
            headings, missing = self._fit_headings(section)
            new = [block for block in missing if id(block) not in spelled_out]
            spelled_out.update(map(id, new))
            for chunk in self._section(tuple(block.text for block in headings), (*new, *section.blocks)):
                yield chunk.model_copy(update={"index": index})
                index += 1

    @cached_property
    def size(self) -> int:
        """The most tokens of an embedded text: the target, or the model's limit less prompt and special tokens."""
        return min(self.settings.target_chunk_size, self.card.max_tokens - self._count_as_input(""))

    def _scaled(self, tokens: int) -> int:
        """A size that was given for chunks of the target's size, for chunks that the model's limit makes smaller."""
        return tokens * self.size // self.settings.target_chunk_size

    def _count_as_input(self, text: str) -> int:
        """Tokens of a text as the model will be given it."""
        return len(self.tokenizer.encode(self.card.document_prompt + text).ids)

    def _fit_headings(self, section: Section) -> tuple[tuple[Block, ...], tuple[Block, ...]]:
        """The innermost headings that take at most half of a chunk, and those that do not fit.

        What does not fit is written out once, as text; a heading that long is most often a paragraph in bold type.
        """
        counts = packing.count([block.text for block in section.headings], self.tokenizer)
        first = len(counts)
        while first and sum(counts[first - 1 :]) <= self.size // 2:
            first -= 1
        return section.headings[first:], section.headings[:first]

    def _section(self, headings: tuple[str, ...], blocks: Sequence[Block]) -> list[Chunk]:
        """Chunks of one section, packed tighter until every one fits: token counts of parts do not quite add up."""
        capacity = self.size - sum(packing.count(headings, self.tokenizer))
        minimum = self._scaled(self.settings.min_chunk_size)
        while True:
            sizes = Sizes(capacity, min(self._scaled(self.settings.overlap), capacity // 2), minimum)
            chunks = [_chunk(headings, piece) for piece in packing.pack(blocks, sizes, self.tokenizer)]
            counts = packing.count([chunk.embedded_text for chunk in chunks], self.tokenizer)
            excess = max((self._excess(*pair) for pair in zip(chunks, counts, strict=True)), default=0)
            if excess <= 0:
                return [
                    chunk.model_copy(update={"token_count": tokens})
                    for chunk, tokens in zip(chunks, counts, strict=True)
                ]
            if capacity == 1:
                raise PermanentError(
                    "a character of the document takes more tokens than a chunk may have: raise target_chunk_size or"
                    " take another embedding model",
                    ErrorCode.TOO_LONG,
                )
            capacity = max(1, capacity - excess)

    def _excess(self, chunk: Chunk, tokens: int) -> int:
        return max(tokens - self.size, self._count_as_input(chunk.embedded_text) - self.card.max_tokens)


def _chunk(headings: tuple[str, ...], piece: Piece) -> Chunk:
    return Chunk(
        index=0,
        text=packing.text_of(piece),
        chunk_type=_main_type(piece),
        headings=headings,
        page_numbers=tuple(sorted({page for unit in piece for page in unit.block.pages})),
        bounding_boxes=tuple(dict.fromkeys(box for unit in piece for box in unit.block.boxes)),
        token_count=0,
    )


def _main_type(piece: Piece) -> ChunkType:
    """The type that most of the tokens belong to."""
    tokens: dict[ChunkType, int] = {}
    for unit in piece:
        tokens[unit.block.chunk_type] = tokens.get(unit.block.chunk_type, 0) + unit.tokens
    return max(tokens, key=lambda chunk_type: tokens[chunk_type])
