"""Rich Text Format, read without Docling, which hands it to LibreOffice and does without where there is none."""
