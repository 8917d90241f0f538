"""Files attached to a PDF: how many there are."""

from __future__ import annotations

import pikepdf


def attached_files(document: pikepdf.Pdf) -> int:
    """Of the whole document and of its pages, each once."""
    files = {spec.obj.objgen if spec.obj.is_indirect else (name, 0) for name, spec in document.attachments.items()}
    for page in document.pages:
        for annotation in page.obj.get("/Annots", []):
            if isinstance(annotation, pikepdf.Dictionary) and annotation.get("/Subtype") == "/FileAttachment":
                spec = annotation.get("/FS")
                files.add(spec.objgen if isinstance(spec, pikepdf.Object) and spec.is_indirect else annotation.objgen)
    return len(files)
