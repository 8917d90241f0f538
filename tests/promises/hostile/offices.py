"""Files of the other formats that an office keeps, as bombs, lies or half a file."""

from __future__ import annotations

import functools
import io
import struct

from PIL import Image

from pipeline.errors import ErrorCode
from tests.promises.hostile.images import READ, page, saved
from tests.promises.hostile.kinds import WORDS, Kind, quarantined, stored
from tests.promises.hostile.office import BILLION_LAUGHS, nested_zips, rewritten
from tests.promises.hostile.repeated import Repeated
from tests.support.books import book, chapter
from tests.support.compound_file import compound_file
from tests.support.messages import BODY, SUBJECT, Attached, eml, msg
from tests.support.opendocument import opendocument

TEXT = f"<text:p>{WORDS}</text:p>"
CELL = '<table:table-cell table:number-columns-repeated="16384"><text:p>x</text:p></table:table-cell>'
ROW = f'<table:table-row table:number-rows-repeated="1048576">{CELL}</table:table-row>'
SPANNED = (
    '<table:table-cell table:number-columns-spanned="1000" table:number-rows-spanned="1000"><text:p>x</text:p>'
    "</table:table-cell>"
)
BILLION = BILLION_LAUGHS.encode()
CORRUPT = (ErrorCode.CORRUPT,)
A_BOOK = book({"a.xhtml": chapter("a", WORDS)})


def bomb(data: bytes) -> bytes:
    return rewritten(data, {}, {f"media/{number}.bin": Repeated(b" ", 100) for number in range(6)})


def laughing(data: bytes, part: str, word: bytes) -> bytes:
    """The part declares entities that grow to gigabytes, and one stands where the word was."""

    def change(xml: bytes) -> bytes:
        head, mark, root = xml.rpartition(b"?>")
        return head + mark + BILLION + root.replace(word, b"&a9;", 1)

    return rewritten(data, {part: change})


def deep(depth: int) -> bytes:
    return opendocument(f"{TEXT}{'<text:section>' * depth}{'</text:section>' * depth}")


def table(*rows: str, kind: str = "text") -> bytes:
    return opendocument(f"{TEXT if kind == 'text' else ''}<table:table>{''.join(rows)}</table:table>", kind)


def diagonal(count: int) -> bytes:
    """Cells each in a row and a column of its own."""
    rows = "".join(
        f'<table:table-row><table:table-cell table:number-columns-repeated="{number + 1}"/><table:table-cell><text:p>'
        f"{WORDS}</text:p></table:table-cell></table:table-row>"
        for number in range(count)
    )
    return table(rows, kind="spreadsheet")


def rtf(body: str) -> bytes:
    return rf"{{\rtf1\ansi {WORDS.encode('cp1252').decode('latin-1')}\par {body}}}".encode("latin-1")


def rtf_edges(rows: int) -> bytes:
    """A table in which no edge is another's."""
    return rtf("".join(rf"\trowd\cellx{200 * number + 100}\cellx99999999 a\cell b\cell\row " for number in range(rows)))


def deep_mime(depth: int) -> bytes:
    heads = "".join(
        f"Content-Type: multipart/mixed; boundary=b{number}\r\n\r\n--b{number}\r\n" for number in range(depth)
    )
    return f"From: a@b.br\r\n{heads}\r\n{WORDS}".encode()


def russian_dolls(depth: int) -> bytes:
    message = eml(WORDS)
    for _ in range(depth):
        outer = eml(WORDS)
        outer.add_attachment(message)
        message = outer
    return message.as_bytes()


def many_attachments(count: int) -> bytes:
    part = b"--b\r\nContent-Type: text/plain; name=a.txt\r\nContent-Disposition: attachment\r\n\r\nx\r\n"
    head = b"From: a@b.br\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    return head + b"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + WORDS.encode() + b"\r\n" + part * count


def many_addresses(count: int) -> bytes:
    addresses = ", ".join(f'"Servidor {number}" <servidor{number}@exemplo.br>' for number in range(count))
    return f"From: a@b.br\r\nTo: {addresses}\r\n\r\n{WORDS}".encode()


def bomb_attached() -> bytes:
    return eml(WORDS, attached=[Attached("a.odt", bomb(opendocument(TEXT)))]).as_bytes()


def frames(kind: str, count: int) -> bytes:
    others = [Image.new("RGB", (2, 2), (number % 256, number // 256, 255)) for number in range(count - 1)]
    return saved(Image.new("RGB", (2, 2)), kind, save_all=True, append_images=others)


def claimed_bmp() -> bytes:
    """A header that claims 60,000 by 60,000 pixels."""
    header = struct.pack("<LllHHLLllLL", 40, 60_000, 60_000, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<LLL", 54, 0, 54) + header


def many_pages(count: int) -> bytes:
    """A TIFF of pages without anything in them."""
    places = range(8 + 6, 8 + 6 * count, 6)
    return b"II*\0" + b"".join(struct.pack("<LH", place, 0) for place in (8, *places)) + bytes(4)


def circular_tiff() -> bytes:
    """Two pages of which each says that the other is next."""
    data = bytearray(saved(page(), "TIFF", save_all=True, append_images=[page()]))
    with Image.open(io.BytesIO(bytes(data))) as image:
        image.seek(1)
        first = struct.unpack_from("<L", data, 4)[0]
    entries = struct.unpack_from("<H", data, first)[0]
    second = struct.unpack_from("<L", data, first + 2 + 12 * entries)[0]
    entries = struct.unpack_from("<H", data, second)[0]
    struct.pack_into("<L", data, second + 2 + 12 * entries, first)
    return bytes(data)


KINDS: tuple[Kind, ...] = (
    quarantined("zip-bomb.odt", lambda: bomb(opendocument(TEXT)), ErrorCode.TOO_LARGE),
    quarantined("zip-bomb.epub", lambda: bomb(A_BOOK), ErrorCode.TOO_LARGE),
    stored("zip-bomb-attached.eml", bomb_attached),
    quarantined("billion-laughs.odt", lambda: laughing(opendocument(TEXT), "content.xml", b"O conselho"), *CORRUPT),
    quarantined("billion-laughs.epub", lambda: laughing(A_BOOK, "OEBPS/book.opf", b"Manual do servidor"), *CORRUPT),
    quarantined("deep-xml.odt", functools.partial(deep, 100_000), ErrorCode.CORRUPT),
    quarantined(
        "empty-content.odt", lambda: rewritten(opendocument(TEXT), {"content.xml": lambda _: b""}), ErrorCode.CORRUPT
    ),
    quarantined("truncated.odt", lambda: opendocument(TEXT)[:-200], ErrorCode.CORRUPT),
    quarantined("every-cell.ods", lambda: table(ROW, kind="spreadsheet"), ErrorCode.TOO_LONG),
    quarantined("every-cell.odt", lambda: table(ROW), ErrorCode.TOO_LONG),
    stored("diagonal.ods", functools.partial(diagonal, 1500)),
    stored("spans-over-spans.odt", lambda: table(f"<table:table-row>{SPANNED * 300}</table:table-row>" * 20)),
    stored("nested-zips-inside.odt", lambda: opendocument(TEXT, files={"extra.zip": nested_zips()})),
    stored("deep-groups.rtf", lambda: rtf("{" * 100_000)),
    stored("ends-of-nothing.rtf", lambda: rtf("}" * 300_000 + r"\cell\row\nestrow\par")),
    stored("binary-that-lies.rtf", lambda: rtf(r"\bin2147483647 x")),
    stored("edges.rtf", functools.partial(rtf_edges, 3000)),
    quarantined("deep-mime.eml", functools.partial(deep_mime, 3000), ErrorCode.UNSUPPORTED),
    stored("russian-dolls.eml", functools.partial(russian_dolls, 12)),
    stored("many-attachments.eml", functools.partial(many_attachments, 300)),
    stored("many-addresses.eml", functools.partial(many_addresses, 30_000)),
    stored("html-too-deep.eml", lambda: eml(WORDS, "<div>" * 2000 + "x").as_bytes()),
    quarantined(
        "cut.msg", lambda: msg({SUBJECT: "a", BODY: WORDS * 900})[:4000], ErrorCode.CORRUPT, ErrorCode.UNSUPPORTED
    ),
    stored("no-properties.msg", lambda: compound_file({"__properties_version1.0": b""}), ""),
    quarantined("no-page.mhtml", lambda: b"MIME-Version: 1.0\r\nContent-Type: image/png\r\n\r\nx", ErrorCode.CORRUPT),
    quarantined("no-spine.epub", lambda: rewritten(book({}), {"OEBPS/book.opf": lambda _: b"<x"}), ErrorCode.CORRUPT),
    quarantined("many-frames.gif", functools.partial(frames, "GIF", 2001), ErrorCode.TOO_LONG),
    quarantined("claims-to-be-huge.bmp", claimed_bmp, ErrorCode.TOO_LARGE),
    quarantined("many-pages.tiff", functools.partial(many_pages, 100_000), ErrorCode.TOO_LONG),
    stored("circular.tiff", circular_tiff, *READ),
    quarantined("truncated.webp", lambda: saved(page(), "WEBP")[:60], ErrorCode.CORRUPT),
    stored("formulas.csv", lambda: f"{WORDS};=cmd|' /C calc'!A0\n@SUM(1);+1".encode(), WORDS, "=cmd|' /C calc'!A0"),
    quarantined("long.csv", lambda: b"a;" * 6_000_000, ErrorCode.TOO_LONG),
)
