"""A converted document becomes chunks. Importing this package loads no Docling."""

from __future__ import annotations

from pathlib import Path

from pipeline.datadir.files import FilePath
from pipeline.schema import ChunkedDocument
from pipeline.settings.sections import ChunkingSettings, EmbeddingSettings


def chunk_document(  # noqa: PLR0913, PLR0917 - all that decides the result
    document: FilePath,
    conversion: FilePath,
    target: FilePath,
    chunking: ChunkingSettings,
    embedding: EmbeddingSettings,
    models_dir: Path,
) -> ChunkedDocument:
    """Chunk a DoclingDocument JSON, write the result atomically to `target` and return it.

    No chunk's embedded text exceeds the model's limit, prompt and special tokens included; every word of the
    document's body is in some chunk's text or headings. Raises ConfigurationError (the model cannot be had),
    PermanentError (too_long: a single character does not fit).
    """
    from pipeline.chunk.chunker import chunk

    return chunk(document, conversion, target, chunking, embedding, models_dir)


def load(embedding: EmbeddingSettings, models_dir: Path) -> None:
    """Load what chunking needs: libraries and the model's tokenizer, which this process keeps."""
    from pipeline.chunk.chunker import load_tokenizer

    load_tokenizer(embedding, models_dir)
