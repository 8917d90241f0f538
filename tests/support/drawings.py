"""Drawings of vectors with texts in them, as bytes of their formats."""

from __future__ import annotations

import struct

Placed = tuple[int, str]
"""Height and words."""
PLACEABLE = b"\xd7\xcd\xc6\x9a" + b"\0" * 18
WMF_HEADER = b"\x01\0\x09\0\0\x03" + b"\0" * 12


def svg(*texts: str) -> bytes:
    inner = "".join(f'<text x="4" y="{20 * number}">{text}</text>' for number, text in enumerate(texts, 1))
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="300" height="100">{inner}</svg>'.encode()


def emf(*texts: Placed) -> bytes:
    return _emf(b"".join(_text_out(y, text) for y, text in texts))


def emf_small(*texts: Placed, options: int = 0) -> bytes:
    """As programs write texts of a few letters; `options`: of ExtTextOut, 0x200 for one byte a letter."""
    return _emf(b"".join(_small_text_out(y, text, options) for y, text in texts))


def emf_plus(*texts: str) -> bytes:
    """What only programs that know EMF+ show."""
    drawn = b"".join(_draw_string(text) for text in texts)
    return _emf(struct.pack("<LLL", 70, 16 + len(drawn), 4 + len(drawn)) + b"EMF+" + drawn)


def wmf(*texts: Placed) -> bytes:
    records = b""
    for y, text in texts:
        words = text.encode("cp1252") + b"\0" * (len(text) % 2)
        body = struct.pack("<H", len(text)) + words + struct.pack("<hh", y, 10)
        records += struct.pack("<LH", 3 + len(body) // 2, 0x0521) + body
    return PLACEABLE + WMF_HEADER + records + struct.pack("<LH", 3, 0)


def _emf(records: bytes) -> bytes:
    header = struct.pack("<LL", 1, 88) + b"\0" * 32 + b" EMF" + b"\0" * 44
    return header + records + struct.pack("<LLLLL", 14, 20, 0, 16, 20)


def _text_out(y: int, text: str) -> bytes:
    words = text.encode("utf-16-le")
    words += b"\0" * (-len(words) % 4)
    head = struct.pack("<LL", 84, 76 + len(words)) + b"\0" * 16 + struct.pack("<Lff", 1, 1, 1)
    return head + struct.pack("<llLLL", 10, y, len(text), 76, 0) + b"\0" * 20 + words


def _small_text_out(y: int, text: str, options: int) -> bytes:
    words = text.encode("cp1252" if options & 0x200 else "utf-16-le")
    words += b"\0" * (-len(words) % 4)
    frame = b"" if options & 0x100 else b"\0" * 16
    head = struct.pack("<LLllLLLff", 108, 36 + len(frame) + len(words), 10, y, len(text), options, 1, 1, 1)
    return head + frame + words


def _draw_string(text: str) -> bytes:
    words = text.encode("utf-16-le")
    words += b"\0" * (-len(words) % 4)
    return (
        struct.pack("<HHLL", 0x401C, 0, 40 + len(words), 28 + len(words))
        + struct.pack("<LLL", 0, 0, len(text))
        + b"\0" * 16
        + words
    )
