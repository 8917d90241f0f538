"""Office files: whole or not, and their XML in a form that Docling reads completely."""
