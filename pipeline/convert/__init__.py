"""A source file becomes a DoclingDocument and a Conversion. Importing this package loads no Docling."""

from pipeline.convert.stage import convert_document, load, page_ranges, read_pages

__all__ = ["convert_document", "load", "page_ranges", "read_pages"]
