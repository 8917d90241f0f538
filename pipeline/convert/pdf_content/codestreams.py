"""How large a packed picture says it is in its own bytes, which is what a decoder believes. Decodes nothing."""

from __future__ import annotations

import contextlib
import re
import struct
from collections.abc import Iterator

START_OF_JPEG = b"\xff\xd8"
JPEG_MARKER = re.compile(rb"\xff+([^\x00\xff])")
JPEG_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
JPEG_SCANS = frozenset({0xDA, 0xD9})  # and the end
JPEG_WITHOUT_CONTENT = frozenset({0x01, *range(0xD0, 0xD9)})
START_OF_JPX = b"\xff\x4f\xff\x51"
SIZE_OF_JPX = struct.Struct(">4sHHIIIIIIIIH")  # markers, length, kind, the image's and the tiles' grid, components
JBIG2_PAGE = 48
JBIG2_REGIONS = frozenset({4, 6, 7, 20, 22, 23, 36, 38, 39, 40, 42, 43})
JBIG2_UNKNOWN_HEIGHT = 0xFFFFFFFF
LARGE_PAGE_NUMBER = 0x40


def pixels_of_jpeg(data: bytes) -> int:
    """Of the largest frame header before the first scan; like readers, skips what stands before markers."""
    return max(_jpeg_sizes(data), default=0)


def _jpeg_sizes(data: bytes) -> Iterator[int]:
    place = data.find(START_OF_JPEG)
    with contextlib.suppress(struct.error):
        while place >= 0 and (found := JPEG_MARKER.search(data, place)):
            place, marker = found.end(), found[1][0]
            if marker in JPEG_FRAMES:
                height, width = struct.unpack_from(">3xHH", data, place)
                yield width * height
            if marker in JPEG_SCANS:
                return
            if marker not in JPEG_WITHOUT_CONTENT:
                place += int(struct.unpack_from(">H", data, place)[0])


def pixels_of_jpx(data: bytes) -> int:
    """Of the largest codestream, wherever in its boxes."""
    return max((width * height for width, height, _ in _jpx_sizes(data)), default=0)


def samples_of_jpx(data: bytes) -> int:
    """Pixels times components, which may be thousands."""
    return max((width * height * components for width, height, components in _jpx_sizes(data)), default=0)


def _jpx_sizes(data: bytes) -> Iterator[tuple[int, int, int]]:
    for found in re.finditer(re.escape(START_OF_JPX), data):
        if len(data) >= found.start() + SIZE_OF_JPX.size:
            _, _, _, right, bottom, left, top, *_, components = SIZE_OF_JPX.unpack_from(data, found.start())
            yield max(0, right - left), max(0, bottom - top), components


def pixels_of_jbig2(data: bytes) -> int:
    """Of the page or the largest region on it."""
    return max((width * height for width, height in _jbig2_sizes(data)), default=0)


def _jbig2_sizes(data: bytes) -> Iterator[tuple[int, int]]:
    """Segments one after the other (ISO 14492, 7.2), until one cannot be read."""
    place = 0
    try:
        while place < len(data):
            number, flags, references = struct.unpack_from(">IBB", data, place)
            place += 5 + _length_of_references(data, place + 5, references >> 5, number)
            place += 4 if flags & LARGE_PAGE_NUMBER else 1
            (length,) = struct.unpack_from(">I", data, place)
            place += 4
            kind = flags & 63
            if kind == JBIG2_PAGE or kind in JBIG2_REGIONS:
                width, height = struct.unpack_from(">II", data, place)
                yield width, 0 if height == JBIG2_UNKNOWN_HEIGHT else height
            place += length
    except struct.error:
        return


def _length_of_references(data: bytes, place: int, count: int, number: int) -> int:
    """Bytes of the list of other segments, which begins with its length in a short or a long form."""
    size = 1 if number <= 256 else 2 if number <= 65536 else 4
    if count < 7:
        return 1 + count * size
    long_count = int(struct.unpack_from(">I", data, place)[0]) & 0x1FFFFFFF
    return 4 + (long_count + 8) // 8 + long_count * size
