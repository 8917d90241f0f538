"""What a PDF holds beside the text of its pages: form values, notes, layers, attached files. Loads no Docling."""
