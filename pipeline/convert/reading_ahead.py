"""Which pages of a document are worth reading by OCR ahead of its conversion. Loads no Docling."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

from pipeline.convert.formats import PDF_SEARCH_BYTES, real_format
from pipeline.convert.ocr_need.plausible_text import is_unreadable
from pipeline.convert.ocr_need.scan_pictures import accounts_for_writing, whole_pictures
from pipeline.convert.pdf_content.claims import refuse_claims
from pipeline.convert.pdf_content.inflation import refuse_inflated
from pipeline.datadir import files
from pipeline.datadir.files import FilePath
from pipeline.errors import PermanentError
from pipeline.settings.sections import ConversionSettings

MIN_PAGES = 8  # to read by OCR: about a minute, below which a process more is not worth it
PAGES_A_RANGE = 4  # half a minute: short enough to spread over cores, long enough to open the file again
SCANNED_MAX_CHARACTERS = 25  # a page number or a stamp over a scan, not a page of text
PICTURE_MIN_AREA = 0.10  # of the page; smaller bitmaps are logos and icons
HIDDEN_LAYER_MIN_CHARACTERS = 50  # of a scan that is searchable already


def ranges(source: FilePath, extension: str, settings: ConversionSettings) -> list[tuple[int, int]]:
    """See `pipeline.convert.page_ranges`."""
    if settings.ocr_engine == "none":
        return []
    with files.local_copy(source) as file:
        return _ranges(file, settings.max_pages) if _is_pdf(file, extension) and _is_safe(file, settings) else []


def _ranges(source: Path, max_pages: int) -> list[tuple[int, int]]:
    try:
        with pypdfium2.PdfDocument(source) as document:
            if not MIN_PAGES <= len(document) <= max_pages:
                return []
            numbers = [index + 1 for index in range(len(document)) if _may_need_ocr(document, index)]
    except pypdfium2.PdfiumError:  # the conversion says what is wrong with it
        return []
    return _grouped(numbers) if len(numbers) >= MIN_PAGES else []


def _is_safe(source: Path, settings: ConversionSettings) -> bool:
    try:
        data = source.read_bytes()
        refuse_inflated(data, settings)
        refuse_claims(data, settings)
    except PermanentError:  # the conversion says so
        return False
    return True


def _is_pdf(source: Path, extension: str) -> bool:
    with source.open("rb") as file:
        head = file.read(PDF_SEARCH_BYTES)
    try:
        return real_format(head, extension.lower()) == "pdf"
    except PermanentError:  # an archive, of which this is only the head, among others
        return False


def _may_need_ocr(document: pypdfium2.PdfDocument, index: int) -> bool:
    """Near to what `pdf.ocr_regions` decides on the parsed page; a wrong answer costs time, never text."""
    page = document[index]
    try:
        pictures, texts, others = _objects(page)
        if is_unreadable(text := page.get_textpage().get_text_range()):
            return True
        if not pictures:
            return others and not texts
        hidden = [_edges(item, page) for item in texts if _is_hidden(item)]
        if len(text) < SCANNED_MAX_CHARACTERS:
            return True
        smallest = PICTURE_MIN_AREA * page.get_width() * page.get_height()
        seen = whole_pictures([_edges(item, page) for item in pictures], page.get_width(), page.get_height())
        large = [Edges(*edges) for edges in seen if Edges(*edges).area >= smallest]
        return bool(large) and not (hidden and _accounts_for(hidden, large, page))
    finally:
        page.close()


class Edges(NamedTuple):
    """A rectangle in points from the top left corner of the page."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def area(self) -> float:
        return (self.right - self.left) * (self.bottom - self.top)


def _accounts_for(hidden: Sequence[Edges], pictures: Sequence[Edges], page: pypdfium2.PdfPage) -> bool:
    image = page.render(scale=1).to_pil()
    return all(accounts_for_writing(hidden, image, picture) for picture in pictures)


def _objects(page: pypdfium2.PdfPage) -> tuple[list[pypdfium2.PdfObject], list[pypdfium2.PdfObject], bool]:
    """The page's pictures, its pieces of text, and whether anything else is drawn."""
    found: dict[int, list[pypdfium2.PdfObject]] = defaultdict(list)
    for item in page.get_objects():
        found[item.type].append(item)
    pictures, texts = found[pdfium.FPDF_PAGEOBJ_IMAGE], found[pdfium.FPDF_PAGEOBJ_TEXT]
    return pictures, texts, bool(found[pdfium.FPDF_PAGEOBJ_PATH])


def _edges(item: pypdfium2.PdfObject, page: pypdfium2.PdfPage) -> Edges:
    left, bottom, right, top = item.get_bounds()
    return Edges(left, page.get_height() - top, right, page.get_height() - bottom)


def _is_hidden(text: pypdfium2.PdfObject) -> bool:
    """Text under a scan that is searchable already."""
    return bool(pdfium.FPDFTextObj_GetTextRenderMode(text) == pdfium.FPDF_TEXTRENDERMODE_INVISIBLE)


def _grouped(numbers: list[int]) -> list[tuple[int, int]]:
    """Ranges no longer than PAGES_A_RANGE that cover the numbers."""
    found: list[tuple[int, int]] = []
    for number in numbers:
        if found and number - found[-1][0] < PAGES_A_RANGE:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found
