"""Where pictures and vector drawings stand on a page, and which bitmaps are really text."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from pipeline.convert.pdf.boxes import Box, overlap_x, overlap_y, shared_area
from pipeline.convert.pdf.lines import Line
from pipeline.convert.pdf.page_geometry import PageGeometry, inside

MIN_BITMAP_AREA, MAX_BITMAP_AREA = 0.005, 0.9  # of the page: smaller is ornament, larger the background
MAX_BITMAP_AREA_SCANNED = 0.5  # of a scanned page: larger is the scan itself
MIN_BITMAP_SIDE_POINTS = 15
MIN_DRAWING_AREA, MAX_DRAWING_AREA = 0.03, 0.7
MIN_DRAWING_SIDE_POINTS = 50
MAX_TEXT_COVERAGE = 0.18  # of a drawing; with more it is a frame around text
MAX_LINES_COVERAGE = 0.1  # the same where three lines or more stand in it
PROSE_WORDS_PER_LINE = 4  # a bitmap of prose has lines like this ...
PROSE_MIN_WORDS = 12  # ... and at least so many words; labels of a chart have not


def find_pictures(page: PageGeometry) -> list[Box]:
    """Bitmaps that are pictures, pieces of one picture merged; bitmaps in which OCR read prose are left out."""
    largest = MAX_BITMAP_AREA_SCANNED if page.scanned else MAX_BITMAP_AREA
    pictures: list[Box] = []
    for bitmap in sorted(page.bitmaps, key=lambda box: -box.area):
        share = bitmap.area / page.area
        if not MIN_BITMAP_AREA <= share <= largest or min(bitmap.width, bitmap.height) < MIN_BITMAP_SIDE_POINTS:
            continue
        box = Box(
            max(0, bitmap.left), max(0, bitmap.top), min(page.width, bitmap.right), min(page.height, bitmap.bottom)
        )
        host = next((picture for picture in pictures if _same_picture(picture, box)), None)
        if host is None:
            pictures.append(box)
        else:
            host.left, host.top = min(host.left, box.left), min(host.top, box.top)
            host.right, host.bottom = max(host.right, box.right), max(host.bottom, box.bottom)
    return [picture for picture in pictures if not _is_prose(picture, page)]


def find_drawings(page: PageGeometry, lines: Sequence[Line], taken: Sequence[Box]) -> list[Box]:
    """Vector drawings with little text in them, away from the boxes already `taken`."""
    drawings = []
    for shape in page.drawings:
        share = shape.area / page.area
        if not MIN_DRAWING_AREA <= share <= MAX_DRAWING_AREA:
            continue
        if min(shape.width, shape.height) <= MIN_DRAWING_SIDE_POINTS:
            continue
        if any(shared_area(shape, box) > 0.3 * shape.area for box in taken):
            continue
        covered = sum(shared_area(line, shape) for line in lines) / shape.area
        count = sum(inside(line, shape) for line in lines)
        if covered < MAX_TEXT_COVERAGE and not (count >= 3 and covered > MAX_LINES_COVERAGE):
            drawings.append(shape)
    return drawings


def _same_picture(picture: Box, piece: Box) -> bool:
    grown = Box(piece.left - 2, piece.top - 2, piece.right + 2, piece.bottom + 2)
    if not overlap_x(picture, grown) or not overlap_y(picture, grown):
        return False
    strip = abs(picture.left - piece.left) < 3 and abs(picture.right - piece.right) < 3
    return strip or picture.contains(piece.center_x, piece.center_y)


def _is_prose(picture: Box, page: PageGeometry) -> bool:
    """A scanned paragraph pasted into a page is text to read, not a picture."""
    counts = [len(line.text.split()) for line in page.lines if line.from_ocr and inside(line, picture, 0)]
    if sum(counts) < PROSE_MIN_WORDS:
        return False
    return statistics.median(counts) >= PROSE_WORDS_PER_LINE
