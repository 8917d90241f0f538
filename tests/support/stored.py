"""Small documents to store, and settings to store them with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.schema import Chunk, ChunkedDocument, Conversion, Document, Properties, Snapshot
from pipeline.settings.collection import QdrantSettings
from pipeline.settings.sections import PipelineSettings, Settings
from pipeline.store.collection import Store
from pipeline.store.differences import Stored
from pipeline.store.nic_schema import Payload
from pipeline.store.payload import payloads
from pipeline.store.points import Vectors

DIMENSION = 8


def stored_in(store: Store) -> dict[str, Stored]:
    """What a collection holds of each document."""
    versions: dict[str, set[str]] = defaultdict(set)
    slots: dict[str, list[int]] = defaultdict(list)
    for document_id, version, slot in store.listed():
        versions[document_id].add(version)
        slots[document_id].append(slot)
    return {key: Stored(frozenset(versions[key]), tuple(sorted(slots[key]))) for key in slots}


def make_settings(data_dir: Path, url: str = "", **qdrant: Any) -> Settings:
    return Settings(pipeline=PipelineSettings(data_dir=data_dir), qdrant=QdrantSettings(url=url, **qdrant))


def make_document(path: str = "30-Aprovados/RH/plano.pdf", **facts: Any) -> Document:
    given = {"document_id": path, "blob_sha": "0" * 40, "size_bytes": 10, "extension": path.rpartition(".")[2], **facts}
    return Document(path=path, **given)


def make_chunks(texts: Iterable[str]) -> ChunkedDocument:
    chunks = tuple(Chunk(index=index, text=text, token_count=2) for index, text in enumerate(texts))
    return ChunkedDocument(chunks=chunks, language="pt-br", section_count=0, total_tokens=2 * len(chunks))


def make_payloads(
    document: Document,
    chunks: int = 1,
    version: str = "v1",
    *,
    text: str = "texto",
    settings: Settings | None = None,
    properties: Properties | None = None,
    source: str = "folder",
    folder: str = "30-Aprovados",
    title: str | None = None,
    text_coverage: float = 1.0,
) -> list[Payload]:
    snapshot = Snapshot(commit="c" * 40, source=source, project="p", folder=folder, documents=(document,))
    made = make_chunks(f"{text} {index}" for index in range(chunks))
    return payloads(
        snapshot,
        document,
        Conversion(
            engine="text",
            versions={},
            ocr_applied=False,
            quality_score=1,
            properties=properties or Properties(),
            text_coverage=text_coverage,
        ),
        made.model_copy(update={"title": title}),
        content_version=version,
        file_hash="a" * 64,
        collection="nic__x",
        vector_dimension=DIMENSION,
        settings=settings or Settings(),
    )


def make_terms(chunks: int, text: str = "texto") -> list[dict[str, float]]:
    return [{text: 1.0, str(index): 1.0} for index in range(chunks)]


def make_vectors(chunks: int, seed: int = 0) -> Vectors:
    vectors = np.random.default_rng(seed).normal(size=(chunks, DIMENSION))
    return np.ascontiguousarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype="<f4")
