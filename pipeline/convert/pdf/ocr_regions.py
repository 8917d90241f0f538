"""Which parts of a page OCR should read: scanned pages, large pictures, and nothing of plain digital pages."""

from __future__ import annotations

from collections.abc import Sequence

from docling.datamodel.base_models import Page
from docling_core.types.doc.page import TextCell

from pipeline.convert.page_ranges import PICTURE_MIN_AREA, SCANNED_MAX_CHARACTERS
from pipeline.convert.pdf.boxes import Box, shared_area
from pipeline.convert.pdf.lines import cell_box, is_hidden

SCANNED_MIN_COVERAGE = 0.02  # of the page by bitmaps; below it a nearly empty page is just that
HIDDEN_LAYER_MIN_CHARACTERS = 50  # a scan that is searchable already


def ocr_regions(page: Page) -> list[Box]:
    """Regions to read, in points. A hidden text layer over a scan is trusted and read in OCR's place."""
    backend, size = page._backend, page.size
    if backend is None or size is None or size.width * size.height <= 0:
        return []
    whole = Box(0, 0, size.width, size.height)
    hidden = [cell for cell in page.cells if is_hidden(cell)]
    visible = [cell for cell in page.cells if not is_hidden(cell)]
    bitmaps = [Box.from_docling(box) for box in backend.get_bitmap_rects()]
    if _characters(visible) < SCANNED_MAX_CHARACTERS:
        if _characters(visible) + _characters(hidden) > HIDDEN_LAYER_MIN_CHARACTERS:
            return []
        covered = sum(shared_area(box, whole) for box in bitmaps)
        if covered > SCANNED_MIN_COVERAGE * whole.area:
            return [whole]
        if not _characters(visible):  # letters may be drawn as shapes; a blank page has not even those
            return [whole] if backend.get_connected_shape_bounding_boxes() else []
    pictures = [box for box in bitmaps if box.area >= PICTURE_MIN_AREA * whole.area]
    return [box for box in pictures if _characters_in(box, hidden) <= HIDDEN_LAYER_MIN_CHARACTERS]


def _characters(cells: Sequence[TextCell]) -> int:
    return sum(len(cell.text.strip()) for cell in cells)


def _characters_in(box: Box, cells: Sequence[TextCell]) -> int:
    centers = ((cell, cell_box(cell)) for cell in cells)
    return _characters([cell for cell, where in centers if box.contains(where.center_x, where.center_y)])
