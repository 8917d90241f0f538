"""Chunks and questions become unit vectors; term weights beside them. Importing this package loads no model."""

from pipeline.embed.encoder import Vectors, encode, load
from pipeline.embed.exported import begin_export
from pipeline.embed.stage import embed_document, embed_documents, embed_queries

__all__ = ["Vectors", "begin_export", "embed_document", "embed_documents", "embed_queries", "encode", "load"]
