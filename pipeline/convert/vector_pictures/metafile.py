"""The texts of Windows' metafiles ([MS-EMF], [MS-WMF], [MS-EMFPLUS]), record by record."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import Final

PLACEABLE: Final = b"\xd7\xcd\xc6\x9a"
EMF_SIGNATURE: Final = b" EMF"
WMF_HEADERS: Final = (b"\x01\x00\x09\x00\x00", b"\x02\x00\x09\x00\x00")
COMMENT, TEXT_OUT_A, TEXT_OUT_W, SMALL_TEXT_OUT = 70, 83, 84, 108  # EMR_…
DRAW_STRING: Final = 0x401C  # of EMF+
GLYPHS, NO_RECTANGLE, SMALL_CHARACTERS = 0x10, 0x100, 0x200  # ETO_…
WMF_TEXT_OUT, WMF_EXT_TEXT_OUT = 0x0521, 0x0A32
WMF_RECTANGLE: Final = 0x06  # ETO_OPAQUE | ETO_CLIPPED
BITMAPS: Final = {*range(76, 82), 114, 116}  # EMR_BITBLT to EMR_STRETCHDIBITS, EMR_ALPHABLEND, EMR_TRANSPARENTBLT
PLUS_BITMAPS: Final = {0x401A, 0x401B}
WMF_BITMAPS: Final = {0x0922, 0x0940, 0x0B23, 0x0B41, 0x0D33, 0x0F43}

Placed = tuple[int, str]
"""Height of a text on the drawing, and the text."""


def is_emf(data: bytes) -> bool:
    """By its first record, EMR_HEADER ([MS-EMF] 2.3.4.2)."""
    return data[:4] == b"\x01\0\0\0" and data[40:44] == EMF_SIGNATURE


def is_wmf(data: bytes) -> bool:
    """By its header, with or without the placeable one before it ([MS-WMF] 2.3.2)."""
    return data.startswith((PLACEABLE, *WMF_HEADERS))


def emf_lines(data: bytes) -> list[str]:
    """Raises struct.error. EMF+ repeats its texts for programs that know only EMF, if it does."""
    records = list(_emf_records(data))
    plain = [placed for kind, record in records if (placed := _emf_text(kind, record))]
    return _joined(plain) or [text for kind, record in records if kind == COMMENT for text in _plus_texts(record)]


def shows_pictures(data: bytes) -> bool:
    """Whether a metafile draws bitmaps, or letters by their numbers in a font, whose words this does not read. Raises
    struct.error."""
    if is_wmf(data):
        return any(function in WMF_BITMAPS for function, _ in _wmf_records(data))
    return any(_is_picture(kind, record) for kind, record in _emf_records(data))


def _is_picture(kind: int, record: bytes) -> bool:
    if kind in (TEXT_OUT_A, TEXT_OUT_W):
        return bool(struct.unpack_from("<L", record, 52)[0] & GLYPHS)
    if kind == SMALL_TEXT_OUT:
        return bool(struct.unpack_from("<L", record, 20)[0] & GLYPHS)
    return kind in BITMAPS or (kind == COMMENT and any(each in PLUS_BITMAPS for each, _ in _plus_records(record)))


def wmf_lines(data: bytes) -> list[str]:
    """Raises struct.error."""
    return _joined(_wmf_texts(data))


def _joined(texts: Iterable[Placed]) -> list[str]:
    """Programs write a line piece by piece."""
    lines: list[str] = []
    height: int | None = None
    for y, text in texts:
        if lines and y == height:
            lines[-1] += f" {text}"
        else:
            lines.append(text)
        height = y
    return lines


def _emf_records(data: bytes) -> Iterator[tuple[int, bytes]]:
    position = 0
    while position + 8 <= len(data):
        kind, size = struct.unpack_from("<LL", data, position)
        if size < 8:
            return
        yield kind, data[position : position + size]
        position += size


def _emf_text(kind: int, record: bytes) -> Placed | None:
    if kind in (TEXT_OUT_A, TEXT_OUT_W):
        _, y, count, offset, options = struct.unpack_from("<llLLL", record, 36)
        return None if options & GLYPHS else (y, _decoded(record[offset:], count, is_wide=kind == TEXT_OUT_W))
    if kind == SMALL_TEXT_OUT:
        _, y, count, options = struct.unpack_from("<llLL", record, 8)
        text = record[36 if options & NO_RECTANGLE else 52 :]
        return None if options & GLYPHS else (y, _decoded(text, count, is_wide=not options & SMALL_CHARACTERS))
    return None


def _plus_texts(record: bytes) -> Iterator[str]:
    for kind, drawn in _plus_records(record):
        if kind == DRAW_STRING and len(drawn) >= 40:
            (count,) = struct.unpack_from("<L", drawn, 20)
            yield _decoded(drawn[40:], count, is_wide=True)


def _plus_records(comment: bytes) -> Iterator[tuple[int, bytes]]:
    if comment[12:16] != b"EMF+":
        return
    position = 16
    while position + 12 <= len(comment):
        kind, _, size, _ = struct.unpack_from("<HHLL", comment, position)
        if size < 12:
            return
        yield kind, comment[position : position + size]
        position += size


def _wmf_texts(data: bytes) -> Iterator[Placed]:
    for function, record in _wmf_records(data):
        if function == WMF_TEXT_OUT:
            (count,) = struct.unpack_from("<H", record)
            (y,) = struct.unpack_from("<h", record, 2 + count + count % 2)
            yield y, _decoded(record[2:], count, is_wide=False)
        elif function == WMF_EXT_TEXT_OUT:
            y, _, count, options = struct.unpack_from("<hhHH", record)
            yield y, _decoded(record[16 if options & WMF_RECTANGLE else 8 :], count, is_wide=False)


def _wmf_records(data: bytes) -> Iterator[tuple[int, bytes]]:
    position = 40 if data.startswith(PLACEABLE) else 18
    while position + 6 <= len(data):
        words, function = struct.unpack_from("<LH", data, position)
        yield function, data[position + 6 : position + 2 * words]
        if words < 3:
            return
        position += 2 * words


def _decoded(text: bytes, count: int, *, is_wide: bool) -> str:
    return text[: 2 * count].decode("utf-16-le", "replace") if is_wide else text[:count].decode("cp1252", "replace")
