"""PDFs whose streams unpack to gigabytes are refused before any library unpacks them."""

from __future__ import annotations

import base64
import io
import zlib
from pathlib import Path

import pytest
from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile

from pipeline.convert import page_ranges
from pipeline.convert.pdf_content.filters import DECODERS
from pipeline.convert.pdf_content.inflation import refuse_inflated
from pipeline.convert.pdf_file import inspect_pdf
from pipeline.errors import ErrorCode, PermanentError
from pipeline.settings.sections import ConversionSettings
from tests.support.documents import PARAGRAPH, converted, pdf, prose

TWENTY_MB = b" " * 20_000_000
SETTINGS = ConversionSettings(max_unpacked_mb=10)


def with_stream(content: bytes, entries: str, pages: int = 1) -> bytes:
    """A PDF whose pages have the stream as their content."""
    kids = " ".join("3 0 R" for _ in range(pages))
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>".encode(),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>",
        f"<< {entries} /Length {len(content)} >>\nstream\n".encode() + content + b"\nendstream",
    ]
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % (number, part) for number, part in enumerate(parts, start=1))
    return b"%PDF-1.7\n" + body + b"trailer << /Root 1 0 R /Size 5 >>\n%%EOF\n"


ONCE = zlib.compress(TWENTY_MB)
TWICE = zlib.compress(ONCE)
FLATE, FLATES = "/Filter /FlateDecode", "/Filter [/FlateDecode /FlateDecode]"
RUN = 100  # bytes that are written as they are, after their number


def in_runs(data: bytes) -> bytes:
    return b"".join(bytes([RUN - 1]) + data[place : place + RUN] for place in range(0, len(data) // RUN * RUN, RUN))


def in_lzw(data: bytes) -> bytes:
    """Codes of nine bits, the table cleared before it needs longer ones."""
    codes = [code for number, byte in enumerate(data) for code in ([256] * (number % RUN == 0) + [byte])]
    bits = "".join(f"{code:09b}" for code in [*codes, 257])
    return int(bits + "0" * (-len(bits) % 8), 2).to_bytes((len(bits) + 7) // 8, "big")


def lzw_of_tiff(pixels: bytes) -> bytes:
    """As libtiff packs it, which is PDF's way."""
    buffer = io.BytesIO()
    Image.frombytes("L", (len(pixels), 1), pixels).save(buffer, "TIFF", compression="tiff_lzw")
    with Image.open(buffer, formats=("TIFF",)) as image:
        assert isinstance(image, TiffImageFile)
        place, size = image.tag_v2[273][0], image.tag_v2[279][0]
    return buffer.getvalue()[place : place + size]


@pytest.mark.parametrize(
    ("content", "entries"),
    [
        (ONCE, FLATE),
        (TWICE, FLATES),
        (zlib.compress(TWICE), "/Filter [/Fl /Fl /Fl]"),
        (TWICE, "/Filter [/Fl#61teDecode /FlateDecode]"),
        (base64.a85encode(TWICE) + b"~>", "/Filter [/ASCII85Decode /FlateDecode /FlateDecode]"),
        (in_runs(TWICE + bytes(RUN)), "/Filter [/RunLengthDecode /FlateDecode /FlateDecode]"),
        (in_lzw(TWICE), "/Filter [/LZWDecode /FlateDecode /FlateDecode]"),
        (zlib.compress(TWICE.hex().encode() + b">"), "/Filter [/FlateDecode /ASCIIHexDecode /FlateDecode /Fl]"),
        (TWICE.hex().encode() + b">", f"/Filter [/AHx /Fl /Fl] /X ({' ' * 3000} obj)"),
        (b"\x81 " * 160_000, "/Filter /RL"),
        (zlib.compress(zlib.compress(b"~" + TWENTY_MB)), "/Filter [/Fl /Fl /A85]"),
        (zlib.compress(ONCE), "/Subtype /Image /Width 1 /Height 1 /Filter [/FlateDecode /FlateDecode]"),
    ],
    ids=[
        *(
            "once",
            "twice",
            "thrice",
            "in disguise",
            "in ASCII",
            "in runs",
            "in LZW",
            "as hexadecimals",
            "named far off",
        ),
        *("runs alone", "to nothing in the end", "as a picture"),
    ],
)
def test_a_stream_that_unpacks_to_too_much_is_refused(content: bytes, entries: str, tmp_path: Path) -> None:
    source = tmp_path / "bomb.pdf"
    source.write_bytes(with_stream(content, entries))
    settings = SETTINGS.model_copy(update={"max_megapixels": 1.0})
    with pytest.raises(PermanentError, match=r"unpacks to more than \[conversion\] max_unpacked_mb = 10") as raised:
        converted(source, settings)
    assert raised.value.code == ErrorCode.TOO_LARGE


def test_a_stream_that_is_packed_without_end_is_refused() -> None:
    data = TWICE
    for _ in range(20):
        data = zlib.compress(data)
    bomb = with_stream(data, f"/Filter [{'/FlateDecode ' * 22}]")
    with pytest.raises(PermanentError, match="packed 22 times over") as raised:
        inspect_pdf(bomb, SETTINGS)
    assert raised.value.code == ErrorCode.UNSUPPORTED


def test_a_content_that_a_page_lists_again_and_again_counts_as_often() -> None:
    once = with_stream(zlib.compress(b" " * 1_000_000), FLATE)
    inspect_pdf(once, SETTINGS)
    inspect_pdf(once.replace(b"/Contents 4 0 R", b"/Contents [4 0 R 4 0 R]"), SETTINGS)
    with pytest.raises(PermanentError, match=r"max_unpacked_mb = 10"):
        inspect_pdf(once.replace(b"/Contents 4 0 R", b"/Contents [%s]" % (b"4 0 R " * 11)), SETTINGS)


@pytest.mark.parametrize("content", [b"", b"a", b"-----A---B", bytes(range(256)) * 40, b"ab" * 5000])
def test_packed_bytes_come_out_as_they_were(content: bytes) -> None:
    """The sizes that the limit is held against are those of what readers will see."""
    written = {
        "/FlateDecode": zlib.compress(content),
        "/RunLengthDecode": b"".join(bytes([0, byte]) for byte in content) + b"\x80rest",
        "/ASCIIHexDecode": content.hex(" ").encode() + b">",
        "/ASCII85Decode": b"<~" + base64.a85encode(content, wrapcol=70) + b"~>",
        **({"/LZWDecode": lzw_of_tiff(content)} if content else {}),
    }
    for name, data in written.items():
        pieces = (data[place : place + 7] for place in range(0, len(data), 7))
        assert b"".join(DECODERS[name](pieces)) == content, name


def test_many_streams_count_together() -> None:
    one = with_stream(zlib.compress(b" " * 6_000_000, 1), FLATE)
    refuse_inflated(one, SETTINGS)
    with pytest.raises(PermanentError):
        refuse_inflated(one + one, SETTINGS)


def test_a_bomb_is_not_opened_to_read_pages_ahead(tmp_path: Path) -> None:
    source = tmp_path / "bomb.pdf"
    source.write_bytes(with_stream(TWICE, FLATES, pages=9))
    assert page_ranges(source, "pdf", SETTINGS) == []


@pytest.mark.parametrize(
    "data",
    [
        pdf(prose(PARAGRAPH)),
        with_stream(ONCE, "/Subtype /Image /Filter /FlateDecode"),
        with_stream(b"\x78\x9c broken", FLATE),
        with_stream(TWICE, FLATES)[:200],
        b"%PDF-1.7 stream\n",
    ],
    ids=["ordinary", "a blank scan", "broken", "cut off", "no stream"],
)
def test_what_unpacks_to_little_passes(data: bytes) -> None:
    refuse_inflated(data, SETTINGS)
