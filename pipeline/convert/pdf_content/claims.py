"""What the streams of a PDF claim that a reader must allocate before it knows better: pictures, rows, unpacked bytes.

Every stream is looked at, whether a page shows it or not, deciphered and with its filters resolved. Decodes no picture.
"""

from __future__ import annotations

import base64
import contextlib
import io
import zlib
from collections.abc import Callable, Iterator

import pikepdf

from pipeline.convert.limits import MEGA, refuse_pixels, refuse_unpacked
from pipeline.convert.pdf_content.codestreams import pixels_of_jbig2, pixels_of_jpeg, pixels_of_jpx, samples_of_jpx
from pipeline.convert.pdf_content.inflation import Unpacked
from pipeline.convert.pdf_content.malformed import MALFORMED
from pipeline.settings.sections import ConversionSettings

CODESTREAMS: dict[str, Callable[[bytes], int]] = {
    "/DCTDecode": pixels_of_jpeg,
    "/DCT": pixels_of_jpeg,
    "/JPXDecode": pixels_of_jpx,
    "/JBIG2Decode": pixels_of_jbig2,
}
HEAD_BYTES = 1_000_000  # the header of a picture stands before
COLOURS = 4  # components of an ordinary picture
FAX = frozenset({"/CCITTFaxDecode", "/CCF"})
FAX_COLUMNS = 1728  # where the file says nothing
FIRST_PREDICTOR = 2  # 1 is none
BITS = 8


def refuse_claims(data: bytes, settings: ConversionSettings) -> None:
    """Raises PermanentError (TOO_LARGE). A file that only other readers can open is left to them."""
    unpacked = Unpacked(settings)
    with contextlib.suppress(*MALFORMED), pikepdf.open(io.BytesIO(data)) as document:
        for stream in _streams(document):
            with contextlib.suppress(*MALFORMED):  # a broken stream is no reason to believe the others
                _refuse_pictures(stream, settings)
            with contextlib.suppress(*MALFORMED):
                _refuse_rows(stream, settings)
            with contextlib.suppress(*MALFORMED):
                if document.is_encrypted or _is_in_ascii(stream):  # the file's own bytes tell nothing then
                    unpacked.add(memoryview(_without_ascii(stream)), is_picture=_is_picture(stream))


def _streams(document: pikepdf.Pdf) -> Iterator[pikepdf.Stream]:
    return (item for item in document.objects if isinstance(item, pikepdf.Stream))


def _refuse_pictures(stream: pikepdf.Stream, settings: ConversionSettings) -> None:
    if not _is_picture(stream):
        return
    width, height = _number(stream.get("/Width")), _number(stream.get("/Height"))
    refuse_pixels(width, height, settings)
    data = _raw(stream)
    for name, parameters in _filters(stream):
        if name in CODESTREAMS:
            refuse_pixels(CODESTREAMS[name](data), 1, settings)
        if name == "/JPXDecode":
            refuse_unpacked(samples_of_jpx(data) - int(COLOURS * MEGA * settings.max_megapixels), settings)
        if name in FAX:
            columns = _number(parameters.get("/Columns", FAX_COLUMNS))
            refuse_pixels(columns, max(height, _number(parameters.get("/Rows"))), settings)
        data = OUTER.get(name, bytes)(data)


def _refuse_rows(stream: pikepdf.Stream, settings: ConversionSettings) -> None:
    """A predictor's row is allocated as its columns say, whatever follows."""
    for _, parameters in _filters(stream):
        if _number(parameters.get("/Predictor")) >= FIRST_PREDICTOR:
            bits = _number(parameters.get("/Colors", 1)) * _number(parameters.get("/BitsPerComponent", BITS))
            refuse_unpacked(_number(parameters.get("/Columns", 1)) * bits // BITS, settings)


def _is_picture(stream: pikepdf.Stream) -> bool:
    return bool(stream.get("/Subtype") == "/Image")


def _filters(stream: pikepdf.Stream) -> Iterator[tuple[str, pikepdf.Dictionary]]:
    """Each filter with its parameters."""
    names, parameters = _listed(stream.get("/Filter")), _listed(stream.get("/DecodeParms"))
    for index, name in enumerate(names):
        its = parameters[index] if index < len(parameters) else None
        yield str(name), its if isinstance(its, pikepdf.Dictionary) else pikepdf.Dictionary()


def _listed(value: object) -> list[object]:
    if value is None:
        return []
    return list(value) if isinstance(value, pikepdf.Array) else [value]


def _number(value: object) -> int:
    try:
        return int(value)  # type: ignore[call-overload, no-any-return]
    except (TypeError, ValueError, OverflowError):
        return 0


def _is_in_ascii(stream: pikepdf.Stream) -> bool:
    return next((name for name, _ in _filters(stream)), "") in ASCII


def _without_ascii(stream: pikepdf.Stream) -> bytes:
    """The bytes as they are below the filters that only write them in ASCII."""
    data = _raw(stream)
    for name, _ in _filters(stream):
        if name not in ASCII:
            break
        data = ASCII[name](data)
    return data


def _raw(stream: pikepdf.Stream) -> bytes:
    return bytes(stream.read_raw_bytes())


def _of_ascii_85(data: bytes) -> bytes:
    return base64.a85decode(data.strip().removeprefix(b"<~").removesuffix(b"~>"))


def _of_hexadecimals(data: bytes) -> bytes:
    digits = b"".join(data.partition(b">")[0].split())
    return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii"))


def _head_of_flate(data: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, HEAD_BYTES)
    except zlib.error:
        return b""


ASCII: dict[str, Callable[[bytes], bytes]] = {
    **dict.fromkeys(("/ASCII85Decode", "/A85"), _of_ascii_85),
    **dict.fromkeys(("/ASCIIHexDecode", "/AHx"), _of_hexadecimals),
}
OUTER = ASCII | dict.fromkeys(("/FlateDecode", "/Fl"), _head_of_flate)
"""Filters that a picture may be wrapped in."""
