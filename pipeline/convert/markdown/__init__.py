"""Markdown made ready for Docling, and Docling's reader of it with joined text."""
