"""`python -m benchmarks.peer_haystack FOLDER STATE all|missing`: Haystack's indexing pipeline.

Set up as its documentation says: DoclingConverter with its own chunker, SentenceTransformersDocumentEmbedder,
DocumentWriter with DuplicatePolicy.OVERWRITE into QdrantDocumentStore. `all` gives the pipeline every file, in every
run. `missing` asks Haystack's CacheChecker which versions of files are stored already, gives the pipeline the others
and then deletes what is stored of older versions and departed files: it takes the 20 lines of `_missing` and
`_forget`, which Haystack leaves to its users.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

os.environ.setdefault("HAYSTACK_TELEMETRY_ENABLED", "False")

from haystack import Pipeline
from haystack.components.caching import CacheChecker
from haystack.components.writers import DocumentWriter
from haystack.document_stores.types import DuplicatePolicy
from haystack.utils import ComponentDevice
from haystack_integrations.components.converters.docling import DoclingConverter, ExportType
from haystack_integrations.components.embedders.sentence_transformers import SentenceTransformersDocumentEmbedder
from haystack_integrations.document_stores.qdrant import QdrantDocumentStore

from benchmarks import peer_converter, peer_parts

Versions = dict[str, Path]
"""`path@sha256` -> file: what a chunk's metadata says of its origin."""


def main(folder: Path, state: Path, mode: str) -> peer_parts.Counts:
    """Bring the collection up to date; returns the documents and chunks that it then holds."""
    store = QdrantDocumentStore(
        path=str(state / "qdrant"),
        index=peer_parts.COLLECTION,
        embedding_dim=peer_parts.DIMENSION,
        progress_bar=False,
        write_batch_size=256,
    )
    here = {_version(path, folder): path for path in sorted(folder.rglob("*")) if path.is_file()}
    wanted = _missing(store, here) if mode == "missing" else here
    if wanted:
        meta = [{"version": version, "file_path": str(path)} for version, path in wanted.items()]
        _indexing(store).run({"converter": {"sources": list(wanted.values()), "meta": meta}})
    if mode == "missing":
        _forget(store, here)
    stored = store.filter_documents()
    store.close()
    return len({document.meta["version"] for document in stored}), len(stored)


def _indexing(store: QdrantDocumentStore) -> Pipeline:
    pipeline = Pipeline()
    pipeline.add_component(
        "converter",
        DoclingConverter(
            converter=peer_converter.converter(), export_type=ExportType.DOC_CHUNKS, chunker=peer_parts.chunker()
        ),
    )
    pipeline.add_component(
        "embedder",
        SentenceTransformersDocumentEmbedder(
            model=peer_parts.MODEL,
            prefix=peer_parts.PROMPT,
            normalize_embeddings=True,
            progress_bar=False,
            local_files_only=True,
            device=ComponentDevice.from_str("cpu"),
        ),
    )
    pipeline.add_component("writer", DocumentWriter(store, policy=DuplicatePolicy.OVERWRITE))
    pipeline.connect("converter", "embedder")
    pipeline.connect("embedder", "writer")
    return pipeline


def _version(file: Path, folder: Path) -> str:
    return f"{file.relative_to(folder)}@{hashlib.sha256(file.read_bytes()).hexdigest()}"


def _missing(store: QdrantDocumentStore, here: Versions) -> Versions:
    found = CacheChecker(store, cache_field="meta.version").run(items=list(here))
    return {version: here[version] for version in found["misses"]}


def _forget(store: QdrantDocumentStore, here: Versions) -> None:
    store.delete_by_filter({"field": "meta.version", "operator": "not in", "value": list(here)})


if __name__ == "__main__":
    peer_parts.report(lambda: main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
