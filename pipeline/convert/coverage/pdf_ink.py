"""What of a PDF page is printed: text without ink belongs to a layer that is off, ink without text is a picture of it.

A page is rendered only if it has large pictures, or the document has layers.
"""

from __future__ import annotations

import contextlib
import re
import zlib

import numpy as np
import numpy.typing as npt
import pypdfium2
import pypdfium2.raw

from pipeline.convert.coverage.ink import MAX_SIDE, Area
from pipeline.convert.coverage.ocr_evidence import PageRead

MIN_PICTURES = 2000.0  # square points of a page's pictures together; icons and rules are smaller
SMALL = 0.1  # of the page; a picture below that is read on the first of the pages where it stands
LARGER = 2  # times, pages are looked at whose pictures take less than half of a side
MIN_LINES = 2  # of text in pictures that is not text of the page
LAYERS = b"/OCProperties"
OBJECT_STREAM = re.compile(rb"/ObjStm\b(?:[^>]{0,300}>>){1,3}\s{0,9}stream\r?\n")
MAX_PACKED = 1_000_000  # bytes of one stream
MAX_UNPACKED = 50_000_000  # bytes of all streams that are looked into
BLANK_RANGE = 24  # of 255; the paper below a line that is not printed
Box = tuple[float, float, float, float]
Shown = tuple[tuple[int, int], tuple[int, ...]]
"""Pixels and place of a picture."""


def has_layers(data: bytes) -> bool:
    """Whether the document's catalog, which may be compressed, knows optional content."""
    if LAYERS in data:
        return True
    left = MAX_UNPACKED
    for found in OBJECT_STREAM.finditer(data):
        with contextlib.suppress(zlib.error):
            unpacked = zlib.decompressobj().decompress(
                memoryview(data)[found.end() : found.end() + MAX_PACKED], max(1, left)
            )
            if LAYERS in unpacked:
                return True
            left -= len(unpacked)
    return False


def shows_unread_text(
    page: pypdfium2.PdfPage, text_page: pypdfium2.PdfTextPage, read: PageRead, before: set[Shown]
) -> bool:
    """Whether pictures of the page show lines that neither its text has nor OCR found.

    Strips of one picture count together. `before`: what stood on earlier pages, to which this page's are added.
    """
    boxes = _pictures(page, before)
    if sum(map(_area, boxes)) < MIN_PICTURES:
        return False
    whole: Box = (*np.min(boxes, axis=0)[:2], *np.max(boxes, axis=0)[2:])
    gray, scale = _rendered(page, larger=LARGER if _side(whole) < max(page.get_size()) / LARGER else 1)
    left, low, right, high = _pixels(gray, scale, page, whole)
    paper = int(np.median(gray[:: len(gray) // 50 + 1]))
    outside = np.full_like(gray, paper)
    outside[low:high, left:right] = gray[low:high, left:right]
    text = [_pixels(gray, scale, page, text_page.get_rect(index)) for index in range(text_page.count_rects())]
    shape = np.array([gray.shape[1], gray.shape[0]] * 2)
    known: list[Area] = [tuple(np.array(box) / shape) for box in text]
    return read.leaves_lines(outside, MIN_LINES, known)


def _pictures(page: pypdfium2.PdfPage, before: set[Shown]) -> list[Box]:
    """Where there are pictures, without small ones that an earlier page shows at the same place."""
    width, height = page.get_size()
    found: dict[Shown, Box] = {}
    for image in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]):
        box = image.get_bounds()
        found[(image.get_px_size(), tuple(map(round, box)))] = box
    boxes = [box for key, box in found.items() if key not in before or _area(box) >= SMALL * width * height]
    before.update(found)
    return boxes


def _area(box: Box) -> float:
    left, bottom, right, top = box
    return max(0, right - left) * max(0, top - bottom)


def _side(box: Box) -> float:
    left, bottom, right, top = box
    return max(right - left, top - bottom)


def is_printed(page: pypdfium2.PdfPage, text_page: pypdfium2.PdfTextPage) -> list[bool]:
    """Of each line of the page's text that is not blank, whether there is ink where it stands."""
    gray, scale = _rendered(page)
    return [_has_ink(gray, scale, page, box) for box in _line_boxes(text_page)]


def _line_boxes(text_page: pypdfium2.PdfTextPage) -> list[Box]:
    boxes, position = [], 0
    for row in text_page.get_text_range().split("\r\n"):
        if row.strip():
            first, last = position + len(row) - len(row.lstrip()), position + len(row.rstrip()) - 1
            left, bottom, _, top = text_page.get_charbox(first)
            boxes.append((left, bottom, max(left + 1, text_page.get_charbox(last)[2]), top))
        position += len(row) + 2
    return boxes


def _rendered(page: pypdfium2.PdfPage, larger: int = 1) -> tuple[npt.NDArray[np.uint8], float]:
    scale = larger * MAX_SIDE / max(1, *page.get_size())
    bitmap = page.render(scale=scale, grayscale=True, may_draw_forms=False)
    return np.array(bitmap.to_numpy()).reshape(bitmap.height, -1)[:, : bitmap.width], scale


def _pixels(gray: npt.NDArray[np.uint8], scale: float, page: pypdfium2.PdfPage, box: Box) -> tuple[int, int, int, int]:
    """(left, top, right, bottom) within the rendered page. Rotated pages are as their reader sees them."""
    low_x, low_y, high_x, high_y = page.get_bbox()
    left, bottom, right, top = box[0] - low_x, box[1] - low_y, box[2] - low_x, box[3] - low_y
    width, height = high_x - low_x, high_y - low_y
    turned: dict[int, Box] = {
        0: (left, height - top, right, height - bottom),
        90: (bottom, left, top, right),
        180: (width - right, bottom, width - left, top),
        270: (height - top, width - right, height - bottom, width - left),
    }
    edges = [round(value * scale) for value in turned[page.get_rotation() % 360]]
    limits = (gray.shape[1], gray.shape[0], gray.shape[1], gray.shape[0])
    x, y, end_x, end_y = (min(max(0, edge), limit) for edge, limit in zip(edges, limits, strict=True))
    return x, y, end_x, end_y


def _crop(gray: npt.NDArray[np.uint8], scale: float, page: pypdfium2.PdfPage, box: Box) -> npt.NDArray[np.uint8]:
    left, top, right, bottom = _pixels(gray, scale, page, box)
    return gray[top:bottom, left:right]


def _has_ink(gray: npt.NDArray[np.uint8], scale: float, page: pypdfium2.PdfPage, box: Box) -> bool:
    part = _crop(gray, scale, page, box)
    return bool(part.size) and int(part.max()) - int(part.min()) >= BLANK_RANGE
