"""Web pages made ready for Docling: all that a page shows, put where Docling keeps it."""
