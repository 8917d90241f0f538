"""Which pages of a document are worth reading by OCR ahead of its conversion. Loads no Docling."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pypdfium2
import pypdfium2.raw as pdfium

from pipeline.convert.formats import PDF_SEARCH_BYTES, real_format
from pipeline.datadir import files
from pipeline.datadir.files import FilePath
from pipeline.errors import PermanentError
from pipeline.settings.sections import ConversionSettings

MIN_PAGES = 8  # to read by OCR: about a minute, below which a process more is not worth it
PAGES_A_RANGE = 4  # half a minute: short enough to spread over cores, long enough to open the file again
SCANNED_MAX_CHARACTERS = 25  # a page number or a stamp over a scan, not a page of text
PICTURE_MIN_AREA = 0.10  # of the page; smaller bitmaps are logos and icons


def ranges(source: FilePath, extension: str, settings: ConversionSettings) -> list[tuple[int, int]]:
    """See `pipeline.convert.page_ranges`."""
    if settings.ocr_engine == "none":
        return []
    with files.local_copy(source) as file:
        return _ranges(file, settings.max_pages) if _is_pdf(file, extension) else []


def _ranges(source: Path, max_pages: int) -> list[tuple[int, int]]:
    try:
        with pypdfium2.PdfDocument(source) as document:
            if not MIN_PAGES <= len(document) <= max_pages:
                return []
            numbers = [index + 1 for index in range(len(document)) if _may_need_ocr(document, index)]
    except pypdfium2.PdfiumError:  # the conversion says what is wrong with it
        return []
    return _grouped(numbers) if len(numbers) >= MIN_PAGES else []


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
        if not pictures:
            return others and not texts
        if page.get_textpage().count_chars() < SCANNED_MAX_CHARACTERS:
            return True
        smallest = PICTURE_MIN_AREA * page.get_width() * page.get_height()
        return any(_area(picture) >= smallest for picture in pictures) and not any(map(_is_hidden, texts))
    finally:
        page.close()


def _objects(page: pypdfium2.PdfPage) -> tuple[list[pypdfium2.PdfObject], list[pypdfium2.PdfObject], bool]:
    """The page's pictures, its pieces of text, and whether anything else is drawn."""
    found: dict[int, list[pypdfium2.PdfObject]] = defaultdict(list)
    for item in page.get_objects():
        found[item.type].append(item)
    pictures, texts = found[pdfium.FPDF_PAGEOBJ_IMAGE], found[pdfium.FPDF_PAGEOBJ_TEXT]
    return pictures, texts, bool(found[pdfium.FPDF_PAGEOBJ_PATH])


def _area(item: pypdfium2.PdfObject) -> float:
    left, bottom, right, top = item.get_bounds()
    return float((right - left) * (top - bottom))


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
