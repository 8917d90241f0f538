"""Parts of a document that are files themselves: attachments of a message, pictures of a text; read in their place."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from docling_core.types.doc import DocItemLabel, DoclingDocument
from PIL import Image

from pipeline.convert.formats import KNOWN_EXTENSIONS
from pipeline.convert.limits import Budget
from pipeline.convert.merging import merge
from pipeline.convert.prepared import Attachment, Picture
from pipeline.convert.vector_pictures.words import vector_lines
from pipeline.errors import PermanentError
from pipeline.schema import Conversion
from pipeline.settings.sections import ConversionSettings

MAX_DEPTH = 3  # a message in a message in a message
LEAST_PICTURE_PIXELS = 20_000  # smaller ones are logos, lines and bullets
LEAST_PICTURE_SIDE = 60

Extract = Callable[[bytes, str, ConversionSettings], tuple[DoclingDocument, Conversion]]


@dataclass(frozen=True)
class _Shared:
    """What all parts of one file, and theirs, share."""

    budget: Budget
    seen: set[str] = field(default_factory=set)


_outer: ContextVar[tuple[int, _Shared] | None] = ContextVar("outer", default=None)


class Parts:
    """Reads the parts of one file, with the `extract` that reads whole files."""

    def __init__(self, settings: ConversionSettings, extract: Extract) -> None:
        depth, shared = _outer.get() or (0, _Shared(Budget(settings)))
        self._settings, self._extract = settings, extract
        self._depth, self._shared = depth + 1, shared
        self.ocr_applied = False

    def attach(self, document: DoclingDocument, attachments: Sequence[Attachment]) -> list[str]:
        """Add files to the end of the document, each under its name as a heading; warnings."""
        warnings: list[str] = []
        for number, file in enumerate(attachments, start=1):
            document.add_heading(" ".join(file.name.split()) or f"{number}", level=1)
            if read := self._read(file.data, file.extension):
                merge(read[0], document, levels=1)
                warnings += read[1].warnings
            else:
                warnings.append(_unread(number, file.extension))
        return warnings

    def read_pictures(self, document: DoclingDocument, pictures: Sequence[Picture]) -> list[str]:
        """Put what OCR reads in pictures behind them; one that stands there several times is read once."""
        unread = 0
        different = {id(picture.data): picture.data for picture in pictures}
        digest_of = {key: hashlib.sha256(data).hexdigest() for key, data in different.items()}
        for picture in pictures:
            digest = digest_of[id(picture.data)]
            if digest in self._shared.seen:
                continue
            drawn = vector_lines(picture.data)
            if drawn is None and (self._settings.ocr_engine == "none" or not _may_hold_text(picture.data)):
                continue
            self._shared.seen.add(digest)
            if drawn is not None:
                merge(_drawing(drawn), document, levels=1, behind=picture.item)
            elif read := self._read(picture.data, "png"):
                merge(read[0], document, levels=1, behind=picture.item)
            else:
                unread += 1
        return [f"Pictures that could not be read: {unread}."] if unread else []

    def _read(self, data: bytes, extension: str) -> tuple[DoclingDocument, Conversion] | None:
        if self._depth > MAX_DEPTH or not self._shared.budget.allows(len(data)):
            return None
        try:
            with self._inside():
                document, conversion = self._extract(data, extension, self._settings)
        except PermanentError:
            return None
        self.ocr_applied |= conversion.ocr_applied
        return document, conversion

    @contextmanager
    def _inside(self) -> Iterator[None]:
        token = _outer.set((self._depth, self._shared))
        try:
            yield
        finally:
            _outer.reset(token)


def _drawing(lines: Sequence[str]) -> DoclingDocument:
    document = DoclingDocument(name="drawing")
    for line in lines:
        document.add_text(DocItemLabel.TEXT, line)
    return document


def _may_hold_text(data: bytes) -> bool:
    """Whether a picture is large enough for words; one that Pillow cannot open may be."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            width, height = image.size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return True
    return width * height >= LEAST_PICTURE_PIXELS and min(width, height) >= LEAST_PICTURE_SIDE


def _unread(number: int, extension: str) -> str:
    """Names of files are text of the document; only kinds that are known are said."""
    if extension in KNOWN_EXTENSIONS:
        return f"Attachment {number} ({extension.upper()}) was not read."
    return f"Attachment {number}, of an unknown kind, was not read."
