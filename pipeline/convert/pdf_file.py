"""A PDF file as such: can it be opened, how many pages has it, and pages turned upright. Reads no text."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pypdfium2
import pypdfium2.raw

from pipeline.convert.limits import refuse_pages, refuse_pixels
from pipeline.convert.pdf_content.claims import refuse_claims
from pipeline.convert.pdf_content.inflation import refuse_inflated
from pipeline.errors import ErrorCode, PermanentError
from pipeline.settings.sections import ConversionSettings

OCR_SCALE = 2.0  # pixels per point: 144 dpi; more reads no better and costs more


@dataclass(frozen=True)
class PdfFacts:
    """What is known once a PDF is open; `metadata` is its document information dictionary."""

    page_count: int
    metadata: dict[str, str]


def inspect_pdf(data: bytes, settings: ConversionSettings) -> PdfFacts:
    """Facts of a PDF that can be converted. Raises PermanentError: encrypted, corrupt, too_long or too_large."""
    refuse_inflated(data, settings)
    refuse_claims(data, settings)
    with _open(data) as document:
        count = len(document)
        if count == 0:
            raise PermanentError("The PDF has no pages: restore it from its origin.", ErrorCode.CORRUPT)
        refuse_pages(count, settings)
        for index in range(count):
            for width, height in _pictures(document, index):
                refuse_pixels(width, height, settings)
        return PdfFacts(count, document.get_metadata_dict(skip_empty=True))


def turn_pages(data: bytes, angles: Mapping[int, int]) -> bytes:
    """A copy of the PDF with the given pages (from 1) turned clockwise by degrees."""
    with _open(data) as document:
        for page_number, degrees in angles.items():
            page = document[page_number - 1]
            page.set_rotation((page.get_rotation() + degrees) % 360)
        buffer = io.BytesIO()
        document.save(buffer)
        return buffer.getvalue()


def _pictures(document: pypdfium2.PdfDocument, index: int) -> Iterator[tuple[float, float]]:
    """Pixels of a page when it is rendered, then of the images on it: about a millisecond a page, decodes nothing.

    A page that cannot be loaded has none: the conversion says so of that page only.
    """
    with contextlib.suppress(pypdfium2.PdfiumError):
        width, height = document.get_page_size(index)
        yield width * OCR_SCALE, height * OCR_SCALE
        with contextlib.closing(document[index]) as page:
            for image in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]):
                yield image.get_px_size()


def _open(data: bytes) -> pypdfium2.PdfDocument:
    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if error.err_code in (pypdfium2.raw.FPDF_ERR_PASSWORD, pypdfium2.raw.FPDF_ERR_SECURITY):
            raise PermanentError(
                "The PDF is protected by a password: publish a copy without one.", ErrorCode.ENCRYPTED
            ) from None
        raise PermanentError("The PDF cannot be opened: export it again from its origin.", ErrorCode.CORRUPT) from None
