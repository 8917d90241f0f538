"""A converted document becomes chunks. Importing this package loads no Docling."""

from pipeline.chunk.stage import chunk_document, load

__all__ = ["chunk_document", "load"]
