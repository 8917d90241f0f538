"""The filters of a PDF that pack or write bytes (ISO 32000, 7.4), undone piece by piece, in memory that does not grow.

None of them raises for what is broken: it ends where it breaks, as it does for readers of PDF.
"""

from __future__ import annotations

import base64
import itertools
import re
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator

Pieces = Iterator[bytes]

CHUNK = 1 << 16
END_OF_RUNS = 128
BYTES = [bytes([value]) for value in range(256)]
LZW_CLEAR, LZW_END = 256, 257
LZW_FEWEST_BITS, LZW_MOST_BITS = 9, 12  # of a code
HEXADECIMALS = re.compile(rb"[^0-9A-Fa-f]+")
NO_ASCII_85 = re.compile(rb"[^!-uz]+")


class Counted:
    """Pieces that end when they are more than so many bytes; `size` is what went through."""

    def __init__(self, pieces: Pieces, most: int) -> None:
        self._pieces, self._most = pieces, most
        self.size = 0

    def __iter__(self) -> Pieces:
        for piece in self._pieces:
            self.size += len(piece)
            yield piece
            if self.size > self._most:
                return


def largest_layer(data: memoryview, filters: Iterable[str], most: int) -> int:
    """Bytes of the largest that comes of undoing one filter after the other, counted to `most`: readers hold each.

    Ends at a filter that is a picture's own.
    """
    layers: list[Counted] = []
    flows = [in_pieces(data)]
    for name in itertools.takewhile(DECODERS.__contains__, filters):
        layers.append(Counted(DECODERS[name](flows[-1]), most))
        flows.append(iter(layers[-1]))
    for flow in reversed(flows):  # a filter may need nothing more of what the one before it gives
        deque(flow, maxlen=0)
    return max((layer.size for layer in layers), default=0)


def in_pieces(data: memoryview) -> Pieces:
    """As the filters take them."""
    return (bytes(data[place : place + CHUNK]) for place in range(0, len(data), CHUNK))


def of_flate(pieces: Pieces) -> Pieces:
    """zlib's format (RFC 1950)."""
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


def of_run_lengths(pieces: Pieces) -> Pieces:
    """A byte below 128 says how many follow as they are, one above how often the next is repeated."""
    kept = b""
    for piece in pieces:
        data, place, out = kept + piece, 0, bytearray()
        while place < len(data) and (length := data[place]) != END_OF_RUNS:
            taken = length + 1 if length < END_OF_RUNS else 1
            if place + taken >= len(data):
                break
            run = data[place + 1 : place + 1 + taken]
            out += run if length < END_OF_RUNS else run * (257 - length)
            place += 1 + taken
            if len(out) >= CHUNK:
                yield bytes(out)
                out.clear()
        if out:
            yield bytes(out)
        kept = data[place:]
        if kept[:1] == bytes([END_OF_RUNS]):
            return


def of_hexadecimals(pieces: Pieces) -> Pieces:
    """Two digits a byte, to the first `>`."""
    kept = b""
    for piece in pieces:
        digits, end, _ = piece.partition(b">")
        kept += HEXADECIMALS.sub(b"", digits)
        whole = len(kept) if end else len(kept) // 2 * 2
        yield bytes.fromhex((kept[:whole] + b"0" * (whole % 2)).decode("ascii"))
        kept = kept[whole:]
        if end:
            return


def of_ascii_85(pieces: Pieces) -> Pieces:
    """Five characters for four bytes, `z` for four zeros, to the first `~`."""
    kept = b""
    for piece in pieces:
        characters, end, _ = piece.removeprefix(b"<~").partition(b"~")
        kept += NO_ASCII_85.sub(b"", characters).replace(b"z", b"!!!!!")
        whole = len(kept) if end else len(kept) // 5 * 5
        try:
            yield base64.a85decode(kept[:whole])
        except ValueError:  # a group that stands for more than four bytes
            return
        kept = kept[whole:]
        if end:
            return


def of_lzw(pieces: Pieces, early: int = 1) -> Pieces:
    """`early`: how many entries before its codes are used up the table has longer ones."""
    table: list[bytes] = []
    previous = b""
    for code in _lzw_codes(pieces, early):
        if code == LZW_END:
            return
        if code == LZW_CLEAR or not table:
            table, previous = [*BYTES, b"", b""], b""
            if code == LZW_CLEAR:
                continue
        entry = table[code] if code < len(table) else previous + previous[:1]
        if not entry:
            return
        if previous and len(table) < 1 << LZW_MOST_BITS:
            table.append(previous + entry[:1])
        yield entry
        previous = entry


def _lzw_codes(pieces: Pieces, early: int) -> Iterator[int]:
    """A code has as many bits as the table needs, which gets an entry with each but the first after it was cleared."""
    entries, bits, held = LZW_END, 0, 0
    width = LZW_FEWEST_BITS
    for byte in itertools.chain.from_iterable(pieces):
        bits, held = bits << 8 | byte, held + 8
        if held < width:
            continue
        held -= width
        code, bits = bits >> held, bits & (1 << held) - 1
        yield code
        entries = LZW_END if code == LZW_CLEAR else entries + 1
        width = min(max((entries + early).bit_length(), LZW_FEWEST_BITS), LZW_MOST_BITS)


def _in_chunks(pieces: Pieces) -> Pieces:
    """Larger pieces of the same bytes."""
    gathered = bytearray()
    for piece in pieces:
        gathered += piece
        if len(gathered) >= CHUNK:
            yield bytes(gathered)
            gathered.clear()
    if gathered:
        yield bytes(gathered)


FLATE = ("/FlateDecode", "/Fl")
LZW = ("/LZWDecode", "/LZW")
LATE_LZW = "/LZWDecode of EarlyChange 0"
NO_FILTER = "/Crypt"  # streams are deciphered before
DECODERS: dict[str, Callable[[Pieces], Pieces]] = {
    **dict.fromkeys(FLATE, of_flate),
    **dict.fromkeys(LZW, lambda pieces: _in_chunks(of_lzw(pieces))),
    LATE_LZW: lambda pieces: _in_chunks(of_lzw(pieces, early=0)),
    **dict.fromkeys(("/RunLengthDecode", "/RL"), of_run_lengths),
    **dict.fromkeys(("/ASCIIHexDecode", "/AHx"), of_hexadecimals),
    **dict.fromkeys(("/ASCII85Decode", "/A85"), of_ascii_85),
    NO_FILTER: iter,
}
MOST_GAIN = 1500  # bytes for one: deflate 1032, LZW somewhat more
