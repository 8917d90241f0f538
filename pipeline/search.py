"""Asks the published collection: the chunks that answer each question best, by meaning and by words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import Field

from pipeline.config import Settings
from pipeline.errors import ConfigurationError, ErrorCode, TransientError
from pipeline.fingerprints import Fingerprints
from pipeline.schema import Method, Record
from pipeline.sparse import LANGUAGES, question_terms
from pipeline.targets import DataDir

if TYPE_CHECKING:
    from pipeline.store.collection import Store
    from pipeline.store.points import Terms, Vectors

_FIELDS = ["file_path", "content", "title", "section_path", "page_numbers", "document_id", "chunk_index"]


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


def search(queries: list[str], top_k: int, settings: Settings, method: Method = Method.HYBRID) -> list[list[Hit]]:
    """For each query at most `top_k` hits, best first.

    Raises TransientError (INCOMPLETE) when nothing is published yet, ConfigurationError when what is published was
    made with another embedding model, and what `pipeline.store.collection.open_store` and `pipeline.embed` raise.
    """
    store = _open_published(settings)
    if not queries:
        return []
    from pipeline.embed import embed_queries

    vectors = embed_queries(queries, settings.embedding, DataDir.at(settings.pipeline.data_dir).models)
    terms = [dict.fromkeys(question_terms(query, LANGUAGES), 1.0) for query in queries]
    return _ask(store, vectors, terms, top_k, method)


def nearest(vectors: Vectors, top_k: int, settings: Settings) -> list[list[Hit]]:
    """For each vector (float32, of the collection's dimension) at most `top_k` hits, best first.

    Raises what `search` raises of the collection.
    """
    return _ask(_open_published(settings), vectors, [{}] * len(vectors), top_k, Method.DENSE)


def _open_published(settings: Settings) -> Store:
    from pipeline.store.collection import made_with, open_store

    expected = Fingerprints(settings).collection
    store = open_store(settings, expected)
    published = store.published_collection()
    if published is None:
        raise TransientError(
            f"nothing is published as {settings.qdrant.collection_name!r} yet: run RunAll first", ErrorCode.INCOMPLETE
        )
    if published == expected:
        return store
    store = open_store(settings, published)  # another way of chunking is no reason not to ask
    if store.made_with() != made_with(settings):
        raise ConfigurationError(
            "the published collection was made with another embedding model or analysis of words: run RunAll, or set "
            "NIC_EMBEDDING_MODEL back"
        )
    return store


def _ask(store: Store, vectors: Vectors, terms: Sequence[Terms], top_k: int, method: Method) -> list[list[Hit]]:
    return [
        sorted((_hit(score, payload) for score, payload in found), key=_rank)
        for found in store.query(vectors, terms, top_k, _FIELDS, method)
    ]


def _hit(score: float, payload: dict[str, object]) -> Hit:
    return Hit.model_validate(
        {
            "path": payload["file_path"],
            "score": round(score, 6),  # float32: what follows differs between equal vectors
            "text": payload["content"],
            "title": payload["title"],
            "headings": payload.get("section_path", ()),
            "page_numbers": payload.get("page_numbers", ()),
            "document_id": payload["document_id"],
            "chunk_index": payload["chunk_index"],
        }
    )


def _rank(hit: Hit) -> tuple[float, str, int]:
    """Equal content under two paths has equal scores: the order must not depend on the store."""
    return -hit.score, hit.path, hit.chunk_index
