"""Files attached to a PDF, which are parts of it as those of a message are; a portfolio has little else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream

from pipeline.convert.prepared import Attachment


def attached_files(document: pikepdf.Pdf) -> list[Attachment]:
    """Of the whole document and of its pages, each once. One that cannot be unpacked has no content and no kind."""
    specifications = {_identity(each): each for each in _specifications(document)}
    return [_attachment(each) for each in specifications.values()]


def _specifications(document: pikepdf.Pdf) -> Iterator[Dictionary]:
    """File specifications (ISO 32000-2, 7.11.3)."""
    yield from _named(document)
    yield from _dictionaries(document.Root.get("/AF"))
    for page in document.pages:
        yield from _dictionaries(page.obj.get("/AF"))
        for annotation in _dictionaries(page.obj.get("/Annots")):
            specification = annotation.get("/FS")
            if annotation.get("/Subtype") == Name.FileAttachment and isinstance(specification, Dictionary):
                yield specification


def _named(document: pikepdf.Pdf) -> Iterator[Dictionary]:
    """By the tree of names, each branch of it once: some lead to each other, or back."""
    names = document.Root.get("/Names")
    waiting, met = [names.get("/EmbeddedFiles") if isinstance(names, Dictionary) else None], set[tuple[int, int]]()
    while waiting:
        node = waiting.pop()
        if not isinstance(node, Dictionary) or node.objgen in met:
            continue
        met |= {node.objgen} if node.is_indirect else set()
        yield from _dictionaries(node.get("/Names"))
        kids = node.get("/Kids")
        waiting += reversed(list(kids)) if isinstance(kids, Array) else []


def _dictionaries(entries: Any) -> Iterator[Dictionary]:
    yield from (entry for entry in entries if isinstance(entry, Dictionary)) if isinstance(entries, Array) else ()


def _identity(specification: Dictionary) -> tuple[int, int]:
    content = _content(specification)
    return specification.objgen if content is None else content.objgen


def _attachment(specification: Dictionary) -> Attachment:
    name = str(specification.get("/UF") or specification.get("/F") or "")
    name = PurePosixPath(name.replace("\\", "/")).name
    content = _content(specification)
    try:
        data = b"" if content is None else content.read_bytes()
    except pikepdf.PdfError:
        data = b""
    return Attachment(name, data, PurePosixPath(name).suffix[1:].lower() if data else "")


def _content(specification: Dictionary) -> Stream | None:
    embedded = specification.get("/EF")
    found = (embedded.get(key) for key in ("/UF", "/F")) if isinstance(embedded, Dictionary) else ()
    return next((stream for stream in found if isinstance(stream, Stream)), None)
