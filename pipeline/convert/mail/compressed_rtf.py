"""RTF as Outlook packs it into messages (MS-OXRTFCP)."""

from __future__ import annotations

import struct

HEAD = struct.Struct("<4L")
COMPRESSED, PLAIN = 0x75465A4C, 0x414C454D
DICTIONARY = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}"
    b"{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier"
    b"{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)
WINDOW = 4096
SHORTEST = 2


def decompressed(data: bytes) -> bytes:
    """The RTF; as much of it as there is when the data is cut. A byte of it becomes at most 18."""
    if len(data) < HEAD.size:
        return b""
    _, size, kind, _ = HEAD.unpack_from(data)
    if kind == PLAIN:
        return data[HEAD.size : HEAD.size + size]
    return bytes(_unpacked(data, HEAD.size))[:size] if kind == COMPRESSED else b""


def _unpacked(data: bytes, position: int) -> bytearray:
    """Eight pieces follow each control byte: a byte as it is, or where in the last 4,096 bytes it stands already."""
    window, output = _Window(), bytearray()
    while position < len(data):
        control = data[position]
        position += 1
        for bit in range(8):
            if control >> bit & 1:
                pair = int.from_bytes(data[position : position + 2], "big")
                position += 2
                if pair >> 4 == window.position or position > len(data):
                    return output
                for place in range(pair >> 4, (pair >> 4) + (pair & 15) + SHORTEST):
                    output.append(window.put(window.bytes[place % WINDOW]))
            elif position < len(data):
                output.append(window.put(data[position]))
                position += 1
    return output


class _Window:
    def __init__(self) -> None:
        self.bytes = bytearray(DICTIONARY.ljust(WINDOW, b"\0"))
        self.position = len(DICTIONARY)

    def put(self, byte: int) -> int:
        self.bytes[self.position] = byte
        self.position = (self.position + 1) % WINDOW
        return byte
