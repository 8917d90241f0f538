"""Which parts of a page OCR should read: scans, large pictures, unreadable text; nothing of plain digital pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from docling.datamodel.base_models import Page
from docling_core.types.doc.page import TextCell

from pipeline.convert.ocr_need.repeated_pictures import Size, is_among
from pipeline.convert.ocr_need.scan_pictures import accounts_for_writing, whole_pictures
from pipeline.convert.ocr_need.unreadable_lines import unreadable_cells
from pipeline.convert.pdf.boxes import Box, shared_area
from pipeline.convert.pdf.lines import cell_box, is_hidden
from pipeline.convert.reading_ahead import HIDDEN_LAYER_MIN_CHARACTERS, PICTURE_MIN_AREA, SCANNED_MAX_CHARACTERS

SMALL_MIN_AREA, SMALL_MIN_SIDE = 2000.0, 12.0  # points, of pictures with writing: a heading, a stamp; not an icon
SCANNED_MIN_COVERAGE = 0.02  # of the page by bitmaps; below it a nearly empty page is just that
UNREADABLE_PAGE = 0.5  # share of a page's characters from which all of it is read
BAND_POINTS = 36.0  # above and below a line that is read: OCR finds no text in a picture that is nothing but a line
LINE_POINTS = 40.0  # a picture no higher may be nothing but a line


def ocr_regions(page: Page, repeated: Callable[[], list[Size]] = list) -> list[Box]:
    """Regions to read, in points. A hidden text layer over a scan is trusted, and read in OCR's place, where it is one.

    Text that cannot be read is taken as not there; the OCR stage removes it (`ocr_need.unreadable_lines`).
    `repeated` finds out the sizes of pictures that stand on earlier pages, too: small ones are not read again.
    """
    backend, size = page._backend, page.size
    if backend is None or size is None or size.width * size.height <= 0:
        return []
    whole = Box(0, 0, size.width, size.height)
    lost = unreadable_cells(page.cells)
    readable = _without(page.cells, lost)
    if _characters(lost) > UNREADABLE_PAGE * _characters(page.cells):
        return [whole]
    hidden = [cell for cell in readable if is_hidden(cell)]
    visible = [cell for cell in readable if not is_hidden(cell)]
    bitmaps = page_bitmaps(page, size.width, size.height)
    if _characters(visible) < SCANNED_MAX_CHARACTERS:
        covered = sum(shared_area(box, whole) for box in bitmaps)
        if covered > SCANNED_MIN_COVERAGE * whole.area:
            return [] if _is_searchable(whole, hidden, page) else [whole]
        if not _characters(visible):  # letters may be drawn as shapes; a blank page has not even those
            has_shapes = not _characters(hidden) and backend.get_connected_shape_bounding_boxes()
            return [whole] if has_shapes else []
    pictures = [box for box in bitmaps if box.area >= PICTURE_MIN_AREA * whole.area]
    read = [box for box in pictures if not _is_searchable(box, hidden, page)]
    small = _small_with_writing([box for box in bitmaps if box not in pictures], readable, page)
    if small and (known := repeated()):
        small = [box for box in small if not is_among((box.width, box.height), known)]
    lines = [cell_box(cell) for cell in lost] + [box for box in small if box.height <= LINE_POINTS]
    return read + [box for box in small if box.height > LINE_POINTS] + [_band(line, whole) for line in lines]


def _small_with_writing(bitmaps: Sequence[Box], texts: Sequence[TextCell], page: Page) -> list[Box]:
    """Those large enough to be read in which there is writing that is no text of the page: stamps, pasted excerpts."""
    large = [box for box in bitmaps if box.area >= SMALL_MIN_AREA and min(box.width, box.height) >= SMALL_MIN_SIDE]
    image = page.get_image(scale=1.0) if large else None
    if image is None:
        return []
    known = [cell_box(cell) for cell in texts]
    return [
        box
        for box in large
        if not accounts_for_writing(
            [text for text in known if box.contains(text.center_x, text.center_y)],
            image,
            (box.left, box.top, box.right, box.bottom),
        )
    ]


def page_bitmaps(page: Page, width: float, height: float) -> list[Box]:
    """The page's bitmaps, those stored in strips or tiles as one."""
    pieces = [Box.from_docling(box) for box in page._backend.get_bitmap_rects()] if page._backend else []
    return [Box(*edges) for edges in whole_pictures(pieces, width, height)] if len(pieces) > 1 else pieces


def _is_searchable(picture: Box, hidden: Sequence[TextCell], page: Page) -> bool:
    """Does hidden text say what is written in the picture? One line of it, such as a stamp, does not."""
    layer = [cell for cell in hidden if _is_in(cell, [picture])]
    if _characters(layer) <= HIDDEN_LAYER_MIN_CHARACTERS:
        return False
    image = page.get_image(scale=1.0)
    edges = (picture.left, picture.top, picture.right, picture.bottom)
    return image is None or accounts_for_writing([cell_box(cell) for cell in layer], image, edges)


def _without(cells: Sequence[TextCell], removed: Sequence[TextCell]) -> list[TextCell]:
    gone = set(map(id, removed))
    return [cell for cell in cells if id(cell) not in gone]


def _band(line: Box, page: Box) -> Box:
    """What the page shows beside the line, which is read with it, is text already and left out again."""
    return Box(
        page.left, max(page.top, line.top - BAND_POINTS), page.right, min(page.bottom, line.bottom + BAND_POINTS)
    )


def _characters(cells: Sequence[TextCell]) -> int:
    return sum(len(cell.text.strip()) for cell in cells)


def _is_in(cell: TextCell, boxes: Sequence[Box]) -> bool:
    where = cell_box(cell)
    return any(box.contains(where.center_x, where.center_y) for box in boxes)
