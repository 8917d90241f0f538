"""A PDF or image on its way through Docling: whole, some of its pages, or with pages turned."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field

from docling.datamodel.base_models import DocumentStream
from docling.datamodel.document import ConversionResult
from docling.datamodel.settings import DEFAULT_PAGE_RANGE
from PIL import Image, ImageOps

from pipeline.convert.converter import document_converter
from pipeline.convert.pdf_file import turn_pages
from pipeline.convert.reading import Reading, ReadStream
from pipeline.settings.sections import ConversionSettings

UNTURNED: Mapping[int, int] = {}


@dataclass(frozen=True)
class PagedSource:
    """`reading` outlives the single conversions, so that each of them reads only what is new to it."""

    data: bytes
    kind: str
    settings: ConversionSettings
    reading: Reading = field(default_factory=Reading)

    def converted(
        self, pages: tuple[int, int] = DEFAULT_PAGE_RANGE, angles: Mapping[int, int] = UNTURNED
    ) -> ConversionResult:
        """The pages (from 1, both ends included), those of `angles` turned clockwise by so many degrees."""
        stream = ReadStream(self._turned(angles), self.reading, angles)
        # A neutral name: the document's bytes depend on nothing but its content.
        source = DocumentStream(name=f"document.{self.kind}", stream=stream)
        return document_converter(self.settings).convert(source, raises_on_error=False, page_range=pages)

    def _turned(self, angles: Mapping[int, int]) -> bytes:
        """The file with pages turned; an image has one page."""
        if not angles:
            return self.data
        if self.kind == "pdf":
            return turn_pages(self.data, angles)
        buffer = io.BytesIO()
        with Image.open(io.BytesIO(self.data)) as image:
            ImageOps.exif_transpose(image).rotate(-angles[1], expand=True).save(buffer, "PNG")
        return buffer.getvalue()
