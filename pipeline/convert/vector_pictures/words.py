"""The words of a drawing of vectors, whatever its format; nothing is drawn, run or fetched."""

from __future__ import annotations

import struct
import zlib
from typing import Final

from pipeline.convert.vector_pictures.metafile import emf_lines, is_emf, is_wmf, wmf_lines
from pipeline.convert.vector_pictures.svg import is_svg, svg_lines

GZIP: Final = b"\x1f\x8b"  # EMZ, WMZ, SVGZ
MAX_BYTES: Final = 20_000_000
MAX_LINES: Final = 2000


def vector_lines(data: bytes) -> list[str] | None:
    """Its lines in the order of the file; None for what is no such drawing, or a damaged one."""
    if data.startswith(GZIP):
        data = _unpacked(data)
    for is_kind, lines in ((is_emf, emf_lines), (is_wmf, wmf_lines), (is_svg, svg_lines)):
        if is_kind(data):
            try:
                found = lines(data[:MAX_BYTES])
            except (struct.error, ValueError):
                return None
            return [line for each in found if (line := " ".join(each.split()))][:MAX_LINES]
    return None


def _unpacked(data: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=31).decompress(data, MAX_BYTES)
    except zlib.error:
        return b""
