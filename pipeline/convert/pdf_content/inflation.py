"""How large a PDF becomes when its streams are unpacked, told before any PDF library unpacks them.

A stream of seven kilobytes can hold gigabytes, packed twice. Looks at bytes alone, in bounded memory.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from pipeline.convert.limits import MEGA, refuse_unpacked
from pipeline.convert.pdf_content.filters import (
    DECODERS,
    FLATE,
    LATE_LZW,
    LZW,
    MOST_GAIN,
    in_pieces,
    largest_layer,
    of_flate,
)
from pipeline.errors import ErrorCode, PermanentError
from pipeline.settings.sections import ConversionSettings

STREAM = re.compile(rb"(?<!end)stream\r?\n")
IMAGE = re.compile(rb"/Subtype\s*/Image\b")
NAME = re.compile(rb"/[^\s/<>()\[\]{}%]+")
ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
LATE = re.compile(rb"/EarlyChange\s+0\b")
DICTIONARY_BYTES = 2048  # before a stream: where its filters stand
NEGLIGIBLE = 20_000_000  # bytes
BYTES_A_PIXEL = 4
MOST_LAYERS = 20  # programs write two or three


class Unpacked:
    """Counts what streams unpack to, together."""

    def __init__(self, settings: ConversionSettings) -> None:
        self._settings = settings
        self._of_picture = int(settings.max_megapixels * BYTES_A_PIXEL * MEGA)
        self._most = int(settings.max_unpacked_mb * MEGA)
        self._total = 0

    def add(self, packed: memoryview, filters: Sequence[str], *, is_picture: bool) -> None:
        """Raises PermanentError (TOO_LARGE) once it is more than `max_unpacked_mb`.

        A picture counts with what is over its pixels at `max_megapixels`; `refuse_pixels` looks at those.
        """
        allowed = self._of_picture if is_picture else 0
        layers = filters if {*filters} - {*FLATE} else FLATE[:1] * max(len(filters), _times_deflated(packed))
        _refuse_layers(len(layers))
        if len(packed) * MOST_GAIN ** len(layers) < max(allowed, NEGLIGIBLE):
            return
        size = largest_layer(packed, layers, self._most - self._total + allowed)
        self._total += max(0, size - allowed)
        refuse_unpacked(self._total, self._settings)


def refuse_inflated(data: bytes, settings: ConversionSettings) -> None:
    """Raises PermanentError (TOO_LARGE) for streams that unpack to more than `max_unpacked_mb` together."""
    unpacked = Unpacked(settings)
    for found in STREAM.finditer(data):
        end = data.find(b"endstream", found.end())
        packed = memoryview(data)[found.end() : end if end >= 0 else len(data)]
        dictionary = data[max(0, found.start() - DICTIONARY_BYTES) : found.start()].rpartition(b"obj")[2]
        unpacked.add(packed, _filters(dictionary), is_picture=bool(IMAGE.search(dictionary)))


def _refuse_layers(count: int) -> None:
    if count > MOST_LAYERS:
        raise PermanentError(
            f"A part of the PDF is packed {count} times over: export it again from its origin.", ErrorCode.UNSUPPORTED
        )


def _times_deflated(packed: memoryview) -> int:
    """How often it begins as zlib data does (RFC 1950), whatever the file says of it."""
    pieces, times = in_pieces(packed), 0
    while times <= MOST_LAYERS and _is_deflated(first := next(pieces, b"")):
        pieces, times = of_flate(itertools.chain([first], pieces)), times + 1
    return times


def _is_deflated(first: bytes) -> bool:
    return len(first) > 1 and first[0] & 15 == 8 and (first[0] << 8 | first[1]) % 31 == 0


def _filters(dictionary: bytes) -> list[str]:
    """As the bytes before a stream name them, wherever they stand there."""
    lzw = LATE_LZW if LATE.search(dictionary) else LZW[0]
    names = (ESCAPED.sub(_character, name).decode("latin-1") for name in NAME.findall(dictionary))
    return [lzw if name in LZW else name for name in names if name in DECODERS]


def _character(escaped: re.Match[bytes]) -> bytes:
    return bytes.fromhex(escaped[1].decode())
