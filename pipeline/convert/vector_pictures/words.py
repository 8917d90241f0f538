"""The words of a drawing of vectors, whatever its format; nothing is drawn, run or fetched."""

from __future__ import annotations

import struct
import zlib
from typing import Final

from pipeline.convert.vector_pictures.metafile import emf_lines, is_emf, is_wmf, shows_pictures, wmf_lines
from pipeline.convert.vector_pictures.svg import is_svg, shows_images, svg_lines

GZIP: Final = b"\x1f\x8b"  # EMZ, WMZ, SVGZ
MAX_BYTES: Final = 20_000_000
MAX_LINES: Final = 2000
_KINDS: Final = (
    (is_emf, emf_lines, shows_pictures),
    (is_wmf, wmf_lines, shows_pictures),
    (is_svg, svg_lines, shows_images),
)


def vector_lines(data: bytes) -> list[str] | None:
    """Its lines in the order of the file; None for what is no such drawing, a damaged one, or one without words that
    shows pictures, in which there may be some."""
    if data.startswith(GZIP):
        data = _unpacked(data)
    data = data[:MAX_BYTES]
    for is_kind, lines, has_pictures in _KINDS:
        if is_kind(data):
            try:
                found = [line for each in lines(data) if (line := " ".join(each.split()))]
                return found[:MAX_LINES] if found or not has_pictures(data) else None
            except (struct.error, ValueError):
                return None
    return None


def _unpacked(data: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=31).decompress(data, MAX_BYTES)
    except zlib.error:
        return b""
