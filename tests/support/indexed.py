"""Runs without models and without Luigi: documents given as lists of chunks go through the index alone."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

import numpy as np

from pipeline.datadir import files
from pipeline.flow import shards
from pipeline.flow.store_document import begin_changes, check_reachable, open_collection, store_document
from pipeline.publish import finalize
from pipeline.run.current import Run
from pipeline.run.run_id import new_run_id
from pipeline.run.summary import Summary
from pipeline.schema import Conversion, Document, Snapshot, Stage, document_id
from pipeline.settings.collection import QdrantSettings
from pipeline.settings.sections import ChunkingSettings, EmbeddingSettings, PipelineSettings, Settings
from pipeline.sparse import weigh_chunks
from tests.support.stored import DIMENSION, make_chunks, make_vectors

Texts = Mapping[str, Sequence[str]]
"""Path -> the texts of its chunks."""
Facts = Callable[[Conversion], Conversion]
"""What is odd about a document's conversion."""


def make_model(folder: Path, name: str = "small") -> str:
    """The folder of a model that can be described and named, and computes nothing."""
    made = folder / name
    made.mkdir(exist_ok=True)
    (made / "config.json").write_text(json.dumps({"hidden_size": DIMENSION, "max_position_embeddings": 512}))
    (made / "tokenizer.json").write_text("{}")
    (made / "model.safetensors").write_bytes(name.encode())
    return str(made)


def make_run(  # noqa: PLR0917 - a run depends on as much
    data_dir: Path,
    url: str = "",
    size: int = 500,
    model: str = "small",
    keep: int = 1,
    began: datetime | None = None,
    shard_size: int = 256,
) -> Run:
    """A run as a new process would begin it. Every `size` of chunks has a collection of its own."""
    return Run(
        Settings(
            pipeline=PipelineSettings(data_dir=str(data_dir), shard_size=shard_size),
            chunking=ChunkingSettings(target_chunk_size=size, overlap=0),
            embedding=EmbeddingSettings(model_name=make_model(data_dir.parent, model), device="cpu"),
            qdrant=QdrantSettings(url=url, keep_collections=keep),
        ),
        new_run_id(began),
    )


def run_all(run: Run, commit: str, texts: Texts, facts: Mapping[str, Facts] = MappingProxyType({})) -> Summary:
    """What the main job does from its first check to its last task."""
    store_all(run, commit, texts, facts)
    return finalize.finalize(run, commit, _shard_count(run, commit))


def store_all(run: Run, commit: str, texts: Texts, facts: Mapping[str, Facts] = MappingProxyType({})) -> None:
    """Everything but the end of a run."""
    check_reachable(run)
    documents = tuple(_document(path, chunks) for path, chunks in sorted(texts.items()))
    snapshot = Snapshot(commit=commit, source="folder", project="p", folder="30-Aprovados", documents=documents)
    run.listings.keep(snapshot)
    run.listings.note_latest(commit)
    begin_changes(run)
    store = open_collection(run)
    for document in documents:
        if not run.is_settled(Stage.STORE, document):
            _derive(run, document, texts[document.path], facts.get(document.path, lambda conversion: conversion))
            store_document(run, store, commit, document)
            run.note_done(Stage.STORE, document)
    count = _shard_count(run, commit)
    for index in range(count):
        split = shards.documents(run, commit, index, count)
        manifest = shards.manifest(run, split, shards.stored_versions(run, split))
        files.write_json(run.data.shard(run.fingerprints.collection, index, count), manifest)


def _shard_count(run: Run, commit: str) -> int:
    return shards.count(run.snapshot(commit), run.settings.pipeline.shard_size)


def _document(path: str, chunks: Sequence[str]) -> Document:
    content = "\n".join(chunks).encode()
    blob_sha = hashlib.sha1(b"blob %d\0%b" % (len(content), content), usedforsecurity=False).hexdigest()
    return Document(
        document_id=document_id("p", path), path=path, blob_sha=blob_sha, size_bytes=len(content), extension="txt"
    )


def _derive(run: Run, document: Document, chunks: Sequence[str], facts: Facts) -> None:
    """The files that the stages before the store leave behind."""
    files.write_bytes(run.files_of(document).source, "\n".join(chunks).encode())
    conversion = Conversion(engine="text", versions={}, ocr_applied=False, quality_score=1)
    files.write_json(run.files_of(document).conversion, facts(conversion))
    files.write_json(run.files_of(document).chunks, make_chunks(chunks))
    weigh_chunks(run.files_of(document).chunks, run.files_of(document).terms)
    vectors = io.BytesIO()
    np.save(vectors, make_vectors(len(chunks)))
    files.write_sealed(run.files_of(document).embeddings, vectors.getvalue())
