"""Chunks and questions become unit vectors; term weights beside them. Importing this package loads no model."""

from pipeline.embed.encoder import encode, load, load_runtime
from pipeline.embed.exported import begin_export
from pipeline.embed.stage import embed_document, embed_documents, embed_queries, read_vectors
from pipeline.embed.torch_model import Vectors

__all__ = [
    "Vectors",
    "begin_export",
    "embed_document",
    "embed_documents",
    "embed_queries",
    "encode",
    "load",
    "load_runtime",
    "read_vectors",
]
