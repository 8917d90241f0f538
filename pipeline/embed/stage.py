"""The embed stage and the embedding of queries: unit vectors from a model loaded once per process, term weights beside.

On a CPU texts are encoded one at a time on one thread, which is the fastest per core and makes every vector
bit-identical whatever its neighbours; on a GPU those of many documents together. Vectors are float32 in any case.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from pipeline import embedding_models
from pipeline.datadir import files
from pipeline.datadir.files import FilePath
from pipeline.embed.encoder import encode
from pipeline.embed.torch_model import Vectors
from pipeline.errors import DamagedFileError, ErrorCode, PermanentError
from pipeline.schema import ChunkedDocument
from pipeline.settings.sections import EmbeddingSettings
from pipeline.sparse import weigh_chunks

_WRITERS = 8  # waiting for the disk, not for a core


def embed_document(
    chunks: FilePath, terms: FilePath, target: FilePath, embedding: EmbeddingSettings, models_dir: Path
) -> None:
    """Write what the chunks of a ChunkedDocument JSON are found by, each file atomically and unless it is there:
    ChunkTerms to `terms`, vectors to `target`.

    The vectors' file is .npy: little-endian float32, C order, (chunks, dimension), rows of length 1 in the chunks'
    order; a document without chunks gives (0, dimension). Raises ConfigurationError (the model cannot be had or
    loaded), PermanentError (the model gives no usable vector).
    """
    _weigh(chunks, terms)
    if files.exists(target):
        return
    card = embedding_models.describe(embedding, models_dir)
    vectors = _encode(_texts(chunks), card.document_prompt, card.dimension, embedding, models_dir)
    _write(target, vectors, card.dimension)


def embed_documents(
    documents: Sequence[tuple[FilePath, FilePath, FilePath]], embedding: EmbeddingSettings, models_dir: Path
) -> list[Exception | None]:
    """`embed_document` for many (chunks, terms, target), the chunks pooled: this fills a GPU; on a CPU it is the same.

    Returns for each None, or the error that concerns this document alone (unreadable chunks, no usable vector,
    a target that cannot be written). Raises ConfigurationError (the model cannot be had or loaded).
    """
    card = embedding_models.describe(embedding, models_dir)
    read = [_read(*paths) for paths in documents]
    pool = [text for texts in read if isinstance(texts, list) for text in texts]
    rows = iter(_encode(pool, card.document_prompt, card.dimension, embedding, models_dir))
    parts = [list(itertools.islice(rows, len(texts))) if isinstance(texts, list) else texts for texts in read]
    with ThreadPoolExecutor(_WRITERS) as threads:
        return list(
            threads.map(_finish, (target for _, _, target in documents), parts, itertools.repeat(card.dimension))
        )


def embed_queries(texts: Sequence[str], embedding: EmbeddingSettings, models_dir: Path) -> Vectors:
    """Unit vectors of questions, (texts, dimension); a question longer than the model's limit is cut off."""
    card = embedding_models.describe(embedding, models_dir)
    return _checked(_encode(texts, card.query_prompt, card.dimension, embedding, models_dir), card.dimension)


def read_vectors(embeddings: FilePath) -> Vectors:
    """What `embed_document` wrote: (chunks, dimension) float32. Raises FileNotFoundError, DamagedFileError."""
    try:
        return np.asarray(np.load(io.BytesIO(files.read_proven(embeddings)), allow_pickle=False), dtype=np.float32)
    except (ValueError, EOFError):
        raise DamagedFileError.of(embeddings) from None


def _weigh(chunks: FilePath, terms: FilePath) -> None:
    if not files.exists(terms):
        weigh_chunks(chunks, terms)


def _texts(chunks: FilePath) -> list[str]:
    return [chunk.embedded_text for chunk in files.read_model(chunks, ChunkedDocument).chunks]


def _read(chunks: FilePath, terms: FilePath, target: FilePath) -> list[str] | Exception | None:
    """None when the vectors are there already."""
    try:
        _weigh(chunks, terms)
        return None if files.exists(target) else _texts(chunks)
    except Exception as error:  # whatever is wrong with one file is its document's outcome
        return error


def _finish(target: FilePath, rows: list[Vectors] | Exception | None, dimension: int) -> Exception | None:
    if not isinstance(rows, list):
        return rows
    try:
        _write(target, np.stack(rows) if rows else np.empty((0, dimension), "<f4"), dimension)
    except Exception as error:
        return error
    return None


def _encode(
    texts: Sequence[str], prompt: str, dimension: int, embedding: EmbeddingSettings, models_dir: Path
) -> Vectors:
    """No text needs no model: nothing heavy is imported for a document without chunks."""
    if not texts:
        return np.empty((0, dimension), "<f4")
    return encode(texts, prompt, embedding, models_dir)


def _write(target: FilePath, vectors: Vectors, dimension: int) -> None:
    content = io.BytesIO()
    np.save(content, _checked(vectors, dimension), allow_pickle=False)
    files.write_sealed(target, content.getvalue())


def _checked(vectors: Vectors, dimension: int) -> Vectors:
    if vectors.shape[1:] != (dimension,) or not np.isfinite(vectors).all():
        raise PermanentError(
            "the embedding model gave vectors that cannot be stored: check the model, or set [embedding] precision to"
            " fp32",
            ErrorCode.MODEL,
        )
    return np.ascontiguousarray(vectors, "<f4")
