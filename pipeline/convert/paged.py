"""A PDF or image on its way through Docling: whole, some of its pages, or with pages turned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from docling.datamodel.base_models import DocumentStream
from docling.datamodel.document import ConversionResult
from docling.datamodel.settings import DEFAULT_PAGE_RANGE

from pipeline.convert.converter import document_converter
from pipeline.convert.image_file import pages_of_image
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
        self, pages: tuple[int, int] = DEFAULT_PAGE_RANGE, angles: Mapping[int, int] = UNTURNED, *, glance: bool = False
    ) -> ConversionResult:
        """The pages (from 1, both ends included), those of `angles` turned clockwise by so many degrees.

        At a `glance`, pages that seem to lie on their side or head are not read to their end.
        """
        least_score = self.settings.ocr_retry_below if glance else 0.0
        stream = ReadStream(self._turned(angles, pages), self.reading, angles, least_score)
        # A neutral name: the document's bytes depend on nothing but its content.
        source = DocumentStream(name=f"document.{self.kind}", stream=stream)
        return document_converter(self.settings).convert(source, raises_on_error=False, page_range=pages)

    def _turned(self, angles: Mapping[int, int], pages: tuple[int, int]) -> bytes:
        if self.kind != "pdf":
            return pages_of_image(self.data, angles, pages)
        return turn_pages(self.data, angles) if angles else self.data
