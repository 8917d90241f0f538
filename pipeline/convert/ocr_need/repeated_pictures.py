"""Small pictures of a PDF that an earlier page shows, such as the arms at the head of each: read once. No Docling."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping

import pypdfium2
import pypdfium2.raw as pdfium

Size = tuple[float, float]
"""Shorter and longer side in points: pages may be turned."""
MAX_SIDE_POINTS = 420.0  # half of an A4 page; larger pictures are read wherever they stand
SAME_POINTS = 1.0


def repeated_pictures(data: bytes) -> Mapping[int, list[Size]]:
    """Page, from 1 -> sizes of those of its pictures that stand on an earlier page, too."""
    first: dict[bytes, int] = {}
    found: dict[int, list[Size]] = defaultdict(list)
    with pypdfium2.PdfDocument(data) as document:
        for index in range(len(document)):
            for digest, size in _small_pictures(document, index):
                if first.setdefault(digest, index) != index:
                    found[index + 1].append(size)
    return found


def is_among(size: Size, sizes: list[Size]) -> bool:
    """Whether a picture of this size, turned or not, is one of them, to a point."""
    short, long = sorted(size)
    return any(abs(short - other[0]) <= SAME_POINTS and abs(long - other[1]) <= SAME_POINTS for other in sizes)


def _small_pictures(document: pypdfium2.PdfDocument, index: int) -> Iterator[tuple[bytes, Size]]:
    with contextlib.suppress(pypdfium2.PdfiumError), contextlib.closing(document[index]) as page:
        for image in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE]):
            left, bottom, right, top = image.get_bounds()
            short, long = sorted((right - left, top - bottom))
            if long <= MAX_SIDE_POINTS:
                yield _digest(image), (short, long)


def _digest(image: pypdfium2.PdfObject) -> bytes:
    size = pdfium.FPDFImageObj_GetImageDataRaw(image, None, 0)
    buffer = ctypes.create_string_buffer(max(1, size))
    pdfium.FPDFImageObj_GetImageDataRaw(image, buffer, size)
    return hashlib.sha256(buffer.raw).digest()
