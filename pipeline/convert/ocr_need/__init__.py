"""What of a page needs OCR although it has text: letters that mean nothing, writing that a text layer leaves out."""
