"""What a search gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from pipeline.schema import ChunkType, Record

FIELDS = [
    *("file_path", "content", "title", "section_path", "page_numbers", "document_id", "chunk_index", "language"),
    *("document_type", "chunk_type"),
]
"""The payload fields that a hit is made of."""


class Hit(Record):
    """One chunk that answers a query."""

    path: str
    score: float = Field(description="larger is better; comparable among the hits of one question only")
    text: str
    title: str
    headings: tuple[str, ...] = Field(description="section path, outermost first")
    page_numbers: tuple[int, ...]
    document_id: str
    chunk_index: int
    document_type: str = "other"
    chunk_type: ChunkType = ChunkType.TEXT
    language: str = Field("", description="BCP 47")
    highlights: tuple[tuple[int, int], ...] = Field(
        (), description="words of the question in `text`: [begin, end) in characters, in order"
    )
    before: str = Field("", description="what stands before it in the document, as far as neighbours were asked for")
    after: str = Field("", description="what stands behind it")


def make_hit(score: float, payload: Mapping[str, Any]) -> Hit:
    """From what the store gives for FIELDS."""
    return Hit(
        path=payload["file_path"],
        score=round(score, 6),  # float32: what follows differs between equal vectors
        text=payload["content"],
        title=payload["title"],
        headings=payload.get("section_path", ()),
        page_numbers=payload.get("page_numbers", ()),
        document_id=payload["document_id"],
        chunk_index=payload["chunk_index"],
        document_type=payload["document_type"],
        chunk_type=ChunkType(payload["chunk_type"]),
        language=payload["language"],
    )


def rank(hit: Hit) -> tuple[float, str, int]:
    """Equal content under two paths has equal scores: the order must not depend on the store."""
    return -hit.score, hit.path, hit.chunk_index
