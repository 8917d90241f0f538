"""What a format's own module hands to the conversion: bytes for Docling and what follows, or the whole document."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from docling_core.types.doc import DoclingDocument, PictureItem

from pipeline.convert.properties import Found


def _nothing(_: DoclingDocument) -> list[str]:
    return []


@dataclass(frozen=True)
class Attachment:
    """A file in a file, to be read at the end of the document under its name as a heading."""

    name: str
    data: bytes
    extension: str


@dataclass(frozen=True)
class Picture:
    """A picture's place in the document, and its file; what words it shows are read by OCR."""

    item: PictureItem
    data: bytes


@dataclass(frozen=True)
class Prepared:
    """A file made ready for Docling.

    `finish` changes the DoclingDocument in place, adding what Docling leaves out, and returns warnings.
    `kind` is what Docling takes the data for, if that is another format than the file's. `modern` is the file in the
    format that followed its own, which is what text coverage can count.
    """

    data: bytes
    found: Found = field(default_factory=Found)
    finish: Callable[[DoclingDocument], list[str]] = _nothing
    kind: str | None = None
    attached: Sequence[Attachment] = ()
    modern: bytes | None = None


@dataclass(frozen=True)
class Built:
    """A file read without Docling."""

    document: DoclingDocument
    found: Found = field(default_factory=Found)
    pictures: Sequence[Picture] = ()
    attached: Sequence[Attachment] = ()
