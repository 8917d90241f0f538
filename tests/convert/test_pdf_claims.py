"""What a PDF says of itself is not believed where a reader would allocate by it: pictures, predictors, widths."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from pipeline.convert import page_ranges
from pipeline.convert.pdf_content.preparation import prepare_pdf
from pipeline.convert.pdf_file import inspect_pdf
from pipeline.errors import ErrorCode, PermanentError
from pipeline.settings.sections import ConversionSettings
from tests.promises.hostile.kinds import WORDS
from tests.promises.hostile.pdfs import CONTENT, page, stream
from tests.support.documents import converted

SETTINGS = ConversionSettings()
SIDE = 60_000
IMAGE = b"/Type/XObject/Subtype/Image/BitsPerComponent 8/ColorSpace/DeviceGray"
SMALL = b"/Width 10/Height 10"


def with_picture(data: bytes, entries: bytes, *more: bytes) -> bytes:
    return page(
        content=CONTENT + b" q 500 0 0 500 50 50 cm /X0 Do Q",
        resources=b"/XObject<</X0 6 0 R>>",
        more=(stream(data, IMAGE + entries), *more),
    )


def jpeg(side: int) -> bytes:
    """16 by 16 pixels, whose header claims more."""
    buffer = io.BytesIO()
    Image.new("L", (16, 16)).save(buffer, "JPEG")
    data = bytearray(buffer.getvalue())
    struct.pack_into(">HH", data, data.index(b"\xff\xc0") + 5, side, side)
    return bytes(data)


def jpx(side: int, components: int = 3) -> bytes:
    """The header of a JPEG 2000 codestream, as its smallest reader needs it."""
    grid = struct.pack(">8I", side, side, 0, 0, side, side, 0, 0)
    size = struct.pack(">HHH", 38 + 3 * components, 0, 0)[:4] + grid + struct.pack(">H", components)
    return b"\xff\x4f\xff\x51" + size + b"\x07\x01\x01" * components


def boxed(codestream: bytes) -> bytes:
    """In a JP2 file whose own header claims ten by ten."""
    header = struct.pack(">I4s", 22, b"ihdr") + struct.pack(">IIHBBBB", 10, 10, 3, 7, 7, 0, 0)
    boxes = struct.pack(">I4s", 8 + len(header), b"jp2h") + header
    return boxes + struct.pack(">I4s", 8 + len(codestream), b"jp2c") + codestream


def jbig2(side: int, kind: int = 48, first: bytes = b"") -> bytes:
    content = struct.pack(">II", side, side) + bytes(11)
    return first + struct.pack(">IBBBI", 0, kind, 0, 1, len(content)) + content


def fax(columns: int, rows: int) -> bytes:
    return SMALL + b"/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns %d/Rows %d>>" % (columns, rows)


def inline(data: bytes, entries: bytes, *, packed: bool = False) -> bytes:
    content = CONTENT + b" q 500 0 0 500 50 50 cm BI " + entries + b" ID " + data + b" EI Q"
    if not packed:
        return page(content=content)
    return page().replace(stream(CONTENT), stream(zlib.compress(content), b"/Filter/FlateDecode"))


PICTURES = {
    "JPEG": with_picture(jpeg(SIDE), SMALL + b"/Filter/DCTDecode"),
    "JPEG after something": with_picture(bytes(9) + jpeg(SIDE), SMALL + b"/Filter/DCTDecode"),
    "JPEG with gaps": with_picture(jpeg(SIDE).replace(b"\xff\xdb", b"\0\0\xff\xff\xdb"), SMALL + b"/Filter/DCTDecode"),
    "JPEG in runs": with_picture(
        b"".join(bytes([0, byte]) for byte in jpeg(SIDE)), SMALL + b"/Filter[/RunLengthDecode/DCTDecode]"
    ),
    "in the content": inline(jpeg(SIDE), b"/W 10/H 10/F/DCT"),
    "in a packed content": inline(jpeg(SIDE), b"/W 10/H 10/F/DCT", packed=True),
    "in the content, in ASCII": inline(jpeg(SIDE).hex().encode() + b">", b"/W 10/H 10/F[/AHx/DCT]"),
    "in the content, of its width": inline(b"", b"/W %d/H %d/BPC 1/CS/G" % (SIDE, SIDE)),
    "in the content, as fax": inline(b"", b"/W 10/H 10/F/CCF/DP<</Columns %d/Rows %d>>" % (SIDE, SIDE)),
    "in the content, the second": inline(b"x EI Q (BI) Tj q BI/W %d/H %d ID " % (SIDE, SIDE), b"/W 10/H 10"),
    "JPEG in ASCII": with_picture(jpeg(SIDE).hex().encode() + b">", SMALL + b"/Filter[/ASCIIHexDecode/DCTDecode]"),
    "JPEG, packed": with_picture(zlib.compress(jpeg(SIDE)), SMALL + b"/Filter[/FlateDecode/DCTDecode]"),
    "JPEG 2000": with_picture(jpx(SIDE), SMALL + b"/Filter/JPXDecode"),
    "JPEG 2000 in boxes": with_picture(boxed(jpx(SIDE)), SMALL + b"/Filter/JPXDecode"),
    "filter elsewhere": with_picture(jpx(SIDE), SMALL + b"/Filter 7 0 R", b"[/JPXDecode]"),
    "JBIG2": with_picture(jbig2(SIDE), SMALL + b"/Filter/JBIG2Decode"),
    "JBIG2's region": with_picture(jbig2(SIDE, 38, jbig2(10)), SMALL + b"/Filter/JBIG2Decode"),
    "fax": with_picture(b"\xff" * 8000, fax(SIDE, SIDE)),
    "mask of a picture": with_picture(
        bytes(100), SMALL + b"/SMask 7 0 R", stream(b"\xff" * 8000, IMAGE + fax(SIDE, SIDE))
    ),
    "behind a broken stream": page(
        more=(
            stream(b"~", IMAGE + SMALL + b"/Filter[/ASCII85Decode/DCTDecode]"),
            stream(jpx(SIDE), IMAGE + SMALL + b"/Filter/JPXDecode"),
        )
    ),
    "no page shows it": page(more=(stream(jpx(SIDE), IMAGE + SMALL + b"/Filter/JPXDecode"),)),
}


@pytest.mark.parametrize("data", PICTURES.values(), ids=PICTURES)
def test_a_picture_is_as_large_as_its_own_bytes_say(data: bytes) -> None:
    with pytest.raises(PermanentError, match="3600 megapixels") as raised:
        inspect_pdf(data, SETTINGS)
    assert raised.value.code is ErrorCode.TOO_LARGE


@pytest.mark.parametrize(
    "data",
    [
        with_picture(jpeg(5000), b"/Width 5000/Height 5000/Filter/DCTDecode"),
        with_picture(jpx(5000), SMALL + b"/Filter/JPXDecode"),
        with_picture(jbig2(5000), SMALL + b"/Filter/JBIG2Decode"),
        with_picture(b"\xff" * 8000, fax(5000, 5000)),
        with_picture(b"no picture", SMALL + b"/Filter[/DCTDecode/JPXDecode/JBIG2Decode]"),
        with_picture(jpeg(SIDE)[:20], SMALL + b"/Filter/DCTDecode"),
        with_picture(jbig2(10)[:9], SMALL + b"/Filter/JBIG2Decode"),
        with_picture(jpx(5000)[:20], SMALL + b"/Filter/JPXDecode"),
    ],
    ids=["JPEG", "JPEG 2000", "JBIG2", "fax", "noise", "cut JPEG", "cut JBIG2", "cut JPEG 2000"],
)
def test_pictures_under_the_limit_and_broken_ones_are_no_reason_to_refuse(data: bytes) -> None:
    assert inspect_pdf(data, SETTINGS).page_count == 1


def test_components_by_the_thousand_count_as_what_they_unpack_to() -> None:
    with pytest.raises(PermanentError, match="max_unpacked_mb") as raised:
        inspect_pdf(with_picture(jpx(3000, 16_384), SMALL + b"/Filter/JPXDecode"), SETTINGS)
    assert raised.value.code is ErrorCode.TOO_LARGE


def test_a_picture_in_the_content_counts_with_what_it_unpacks_to() -> None:
    bomb = zlib.compress(zlib.compress(bytes(50_000_000)))
    settings = SETTINGS.model_copy(update={"max_unpacked_mb": 10.0, "max_megapixels": 5.0})
    inspect_pdf(inline(zlib.compress(bytes(100)), b"/W 10/H 10/F/Fl"), settings)
    with pytest.raises(PermanentError, match="max_unpacked_mb = 10"):
        inspect_pdf(inline(bomb, b"/W 10/H 10/F[/Fl/Fl]"), settings)


def test_rows_of_a_predictor_are_not_allocated_by_their_columns() -> None:
    packed = zlib.compress(b"\x02" + CONTENT)
    entries = b"/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns %d>>"
    inspect_pdf(page(more=(stream(packed, entries % 1000),)), SETTINGS)
    with pytest.raises(PermanentError, match="max_unpacked_mb"):
        inspect_pdf(page(more=(stream(packed, entries % 2_147_483_647),)), SETTINGS)


def enciphered(data: bytes) -> bytes:
    buffer = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as document:
        document.save(buffer, encryption=pikepdf.Encryption(owner="dono", user=""), compress_streams=False)
    return buffer.getvalue()


def test_a_bomb_is_found_in_a_file_whose_streams_are_enciphered(tmp_path: Path) -> None:
    bomb = zlib.compress(zlib.compress(b" " * 20_000_000))
    packed = stream(bomb, b"/Filter[/FlateDecode/FlateDecode]")
    data = enciphered(page(page=b"/X 6 0 R", more=(packed,), kids=b"3 0 R " * 9, count=9))
    settings = SETTINGS.model_copy(update={"max_unpacked_mb": 10.0})
    assert bomb not in data
    with pytest.raises(PermanentError, match="max_unpacked_mb = 10"):
        inspect_pdf(data, settings)
    source = tmp_path / "bomb.pdf"
    source.write_bytes(data)
    assert page_ranges(source, "pdf", settings) == []


def with_widths(table: bytes) -> bytes:
    """WORDS in Helvetica, and a font whose table of widths is this one."""
    fonts = (
        b"<</Type/Font/Subtype/Type0/BaseFont/Arial/Encoding/Identity-H/DescendantFonts[7 0 R]>>",
        b"<</Type/Font/Subtype/CIDFontType2/BaseFont/Arial/FontDescriptor 8 0 R/DW 1000%s>>" % table,
        b"<</Type/FontDescriptor/FontName/Arial/Flags 4/FontBBox[0 0 1 1]>>",
    )
    content = CONTENT + b" BT /F2 12 Tf 72 600 Td <00410042> Tj ET"
    return page(content=content, more=fonts).replace(b"/F1 4 0 R", b"/F1 4 0 R/F2 6 0 R")


IMPOSSIBLE = {
    "billions": b"/W[0 4294967295 500]",
    "many millions": b"/W[0 100000000 500]",
    "negative": b"/W[-2147483648 10 500]",
    "backwards": b"/W[10 1 500]",
    "vertical": b"/W2[0 2147483647 1 2 3]",
    "ranges over ranges": b"/W[%s]" % (b"0 65535 500 " * 20),
    "no number": b"/W[0 /a 500]",
    "cut": b"/W[0 10]",
}


@pytest.mark.parametrize("table", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_widths_of_characters_that_no_font_has_are_left_out(table: bytes) -> None:
    assert table not in prepare_pdf(with_widths(table)).data


@pytest.mark.parametrize(
    "table", [b"/W[0 65535 500]", b"/W[1[500 600]7 9 400]", b"/W2[1[2 3 4]5 6 7 8 9]", b""], ids=["all", "W", "W2", "-"]
)
def test_widths_that_a_font_can_have_stay(table: bytes) -> None:
    data = with_widths(table)
    assert prepare_pdf(data).data == data


@pytest.mark.parametrize("codes", [(0, 4_294_967_295), (-2_147_483_648, 2_147_483_647), (20, 10)])
def test_codes_that_a_simple_font_cannot_have_are_left_out(codes: tuple[int, int]) -> None:
    entries = b"/BaseFont/Helvetica/FirstChar %d/LastChar %d/Widths[500]" % codes
    assert b"/LastChar" not in prepare_pdf(page().replace(b"/BaseFont/Helvetica", entries)).data


def test_the_document_of_such_a_font_is_read(tmp_path: Path) -> None:
    source = tmp_path / "widths.pdf"
    source.write_bytes(with_widths(IMPOSSIBLE["many millions"]))
    document, _ = converted(source)
    assert WORDS in "\n".join(item.text for item in document.texts)
