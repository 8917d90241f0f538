"""`python -m benchmarks.peer_llamaindex FOLDER STATE WORKERS`: LlamaIndex's IngestionPipeline with cache and docstore.

Set up as its documentation says: SimpleDirectoryReader with DoclingReader for every format, DoclingNodeParser,
HuggingFaceEmbedding, QdrantVectorStore; document ids from file names and the strategy UPSERTS_AND_DELETE, cache and
docstore persisted between runs. With WORKERS above 1 reading and transforming use that many processes each.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from llama_index.core import SimpleDirectoryReader
from llama_index.core.ingestion import DocstoreStrategy, IngestionPipeline
from llama_index.core.storage.docstore import SimpleDocumentStore
from llama_index.embeddings.huggingface import HuggingFaceEmbedding
from llama_index.node_parser.docling import DoclingNodeParser
from llama_index.readers.docling import DoclingReader
from llama_index.vector_stores.qdrant import QdrantVectorStore
from qdrant_client import QdrantClient

from benchmarks import peer_converter, peer_parts


class Reader(DoclingReader):  # type: ignore[misc]  # its package is not in the checked environment
    """A DoclingReader that other processes can be given: they build their converter themselves."""

    def __reduce__(self) -> tuple[Any, ...]:
        return reader, ()


def reader() -> Reader:
    return Reader(export_type=DoclingReader.ExportType.JSON, doc_converter=peer_converter.converter())


def main(folder: Path, state: Path, workers: int) -> peer_parts.Counts:
    """Bring the collection up to date; returns the documents and chunks that it then holds."""
    client = QdrantClient(path=str(state / "qdrant"))
    pipeline = IngestionPipeline(
        transformations=[
            DoclingNodeParser(chunker=peer_parts.chunker()),
            HuggingFaceEmbedding(
                model_name=peer_parts.MODEL, text_instruction=peer_parts.PROMPT, embed_batch_size=32, device="cpu"
            ),
        ],
        vector_store=QdrantVectorStore(collection_name=peer_parts.COLLECTION, client=client),
        docstore=SimpleDocumentStore(),
        docstore_strategy=DocstoreStrategy.UPSERTS_AND_DELETE,
    )
    if (state / "ingestion").exists():
        pipeline.load(str(state / "ingestion"))
    pipeline.run(documents=_read(folder, workers), num_workers=workers)
    pipeline.persist(str(state / "ingestion"))
    return _counts(client)


def _read(folder: Path, workers: int) -> list[Any]:
    suffixes = {path.suffix.lower() for path in folder.rglob("*") if path.is_file()}
    docling = reader()
    files = SimpleDirectoryReader(
        str(folder), recursive=True, filename_as_id=True, file_extractor=dict.fromkeys(suffixes, docling)
    )
    return list(files.load_data(num_workers=workers))


def _counts(client: QdrantClient) -> peer_parts.Counts:
    points, _ = client.scroll(peer_parts.COLLECTION, limit=1_000_000, with_payload=["doc_id"])
    return len({(point.payload or {})["doc_id"] for point in points}), len(points)


if __name__ == "__main__":
    peer_parts.report(lambda: main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])))
