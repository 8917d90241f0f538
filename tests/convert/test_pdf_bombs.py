"""PDFs whose streams unpack to gigabytes are refused before any library unpacks them."""

from __future__ import annotations

import base64
import zlib
from pathlib import Path

import pytest

from pipeline.convert import page_ranges
from pipeline.convert.pdf_content.inflation import refuse_inflated
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


@pytest.mark.parametrize(
    ("content", "entries"),
    [
        (ONCE, FLATE),
        (TWICE, FLATES),
        (zlib.compress(TWICE), "/Filter [/Fl /Fl /Fl]"),
        (TWICE, "/Filter [/Fl#61teDecode /FlateDecode]"),
        (base64.a85encode(TWICE) + b"~>", "/Filter [/ASCII85Decode /FlateDecode /FlateDecode]"),
        (zlib.compress(ONCE), "/Subtype /Image /Width 1 /Height 1 /Filter [/FlateDecode /FlateDecode]"),
    ],
    ids=["once", "twice", "thrice", "in disguise", "in ASCII", "as a picture"],
)
def test_a_stream_that_unpacks_to_too_much_is_refused(content: bytes, entries: str, tmp_path: Path) -> None:
    source = tmp_path / "bomb.pdf"
    source.write_bytes(with_stream(content, entries))
    settings = SETTINGS.model_copy(update={"max_megapixels": 1.0})
    with pytest.raises(PermanentError, match=r"unpacks to more than \[conversion\] max_unpacked_mb = 10") as raised:
        converted(source, settings)
    assert raised.value.code == ErrorCode.TOO_LARGE


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
