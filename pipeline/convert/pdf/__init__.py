"""The model-free PDF engine: layout, tables and reading order of a page by rules, inside Docling's PDF pipeline."""
