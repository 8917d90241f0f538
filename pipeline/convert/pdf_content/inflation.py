"""How large a PDF becomes when its streams are unpacked, told before any PDF library unpacks them.

A stream of seven kilobytes can hold gigabytes, packed twice. Looks at bytes alone, in bounded memory.
"""

from __future__ import annotations

import base64
import itertools
import re
import zlib
from collections.abc import Iterator

from pipeline.convert.limits import MEGA, refuse_unpacked
from pipeline.settings.sections import ConversionSettings

STREAM = re.compile(rb"(?<!end)stream\r?\n")
IMAGE = re.compile(rb"/Subtype\s*/Image\b")
ASCII_85 = re.compile(rb"/(ASCII85Decode|A85)\b")
DICTIONARY_BYTES = 2048  # before a stream: where its filters stand
LARGEST_RATIO = 1032  # of deflate
SMALL_BYTES = 5000  # at most five megabytes, unless packed twice
NEGLIGIBLE = 20_000_000  # bytes
CHUNK = 1 << 16
MAX_LAYERS = 8
BYTES_A_PIXEL = 4


class Unpacked:
    """Counts what streams unpack to, together."""

    def __init__(self, settings: ConversionSettings) -> None:
        self._settings = settings
        self._of_picture = int(settings.max_megapixels * BYTES_A_PIXEL * MEGA)
        self._most = int(settings.max_unpacked_mb * MEGA)
        self._total = 0

    def add(self, packed: memoryview, *, is_picture: bool) -> None:
        """Raises PermanentError (TOO_LARGE) once it is more than `max_unpacked_mb`.

        A picture counts with what is over its pixels at `max_megapixels`; `refuse_pixels` looks at those.
        """
        allowed = self._of_picture if is_picture else 0
        size = _size(packed, self._most - self._total + allowed, max(allowed, NEGLIGIBLE))
        self._total += max(0, size - allowed)
        refuse_unpacked(self._total, self._settings)


def refuse_inflated(data: bytes, settings: ConversionSettings) -> None:
    """Raises PermanentError (TOO_LARGE) for streams that unpack to more than `max_unpacked_mb` together."""
    unpacked = Unpacked(settings)
    for found in STREAM.finditer(data):
        end = data.find(b"endstream", found.end())
        packed = memoryview(data)[found.end() : end if end >= 0 else len(data)]
        dictionary = data[max(0, found.start() - DICTIONARY_BYTES) : found.start()].rpartition(b"obj")[2]
        unpacked.add(_plain(packed, dictionary), is_picture=bool(IMAGE.search(dictionary)))


def _plain(packed: memoryview, dictionary: bytes) -> memoryview:
    """The bytes, decoded if they are packed more than once and then written in ASCII."""
    if not ASCII_85.search(dictionary) or dictionary.count(b"/Fl") < 2:
        return packed
    try:
        return memoryview(base64.a85decode(bytes(packed).strip().removeprefix(b"<~").removesuffix(b"~>")))
    except ValueError:
        return packed


def _size(packed: memoryview, most: int, negligible: int) -> int:
    """Bytes that come out of the last of the layers, counted to `most`; 0 where they cannot be many."""
    if len(packed) <= SMALL_BYTES and not _is_packed(_first_bytes(packed)):
        return 0
    pieces: Iterator[bytes] = (bytes(packed[place : place + CHUNK]) for place in range(0, len(packed), CHUNK))
    first, layers = next(pieces, b""), 0
    while layers < MAX_LAYERS and _is_packed(first):
        pieces = _unpacked(itertools.chain([first], pieces))
        first, layers = next(pieces, b""), layers + 1
    if layers == 0 or (layers == 1 and len(packed) * LARGEST_RATIO < negligible):
        return 0
    size = len(first)
    for piece in pieces:
        size += len(piece)
        if size > most:
            break
    return size


def _first_bytes(packed: memoryview) -> bytes:
    try:
        return zlib.decompressobj().decompress(packed[:128], 2)
    except zlib.error:
        return b""


def _is_packed(first: bytes) -> bool:
    """Does it begin as zlib data does (RFC 1950)?"""
    return len(first) > 1 and first[0] & 15 == 8 and (first[0] << 8 | first[1]) % 31 == 0


def _unpacked(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """A broken stream ends where it breaks, as it does for readers of PDF."""
    unpacker = zlib.decompressobj()
    for piece in pieces:
        rest = piece
        while rest and not unpacker.eof:
            try:
                out = unpacker.decompress(rest, CHUNK)
            except zlib.error:
                return
            rest = unpacker.unconsumed_tail
            if out:
                yield out
