"""What the streams of a PDF claim that a reader must allocate before it knows better: pictures, rows, unpacked bytes.

Every stream is looked at, whether a page shows it or not, deciphered and with its filters resolved. Decodes no picture.
"""

from __future__ import annotations

import contextlib
import io
from collections import Counter
from collections.abc import Callable, Iterator

import pikepdf

from pipeline.convert.limits import MEGA, refuse_pixels, refuse_unpacked
from pipeline.convert.pdf_content.codestreams import pixels_of_jbig2, pixels_of_jpeg, pixels_of_jpx, samples_of_jpx
from pipeline.convert.pdf_content.filters import DECODERS, FLATE, LATE_LZW, LZW, Counted, in_pieces, largest_layer
from pipeline.convert.pdf_content.inflation import Unpacked
from pipeline.convert.pdf_content.inline_pictures import inline_pictures, may_be_content
from pipeline.convert.pdf_content.malformed import MALFORMED
from pipeline.settings.sections import ConversionSettings

Picture = pikepdf.Stream | pikepdf.Dictionary

CODESTREAMS: dict[str, Callable[[bytes], int]] = {
    "/DCTDecode": pixels_of_jpeg,
    "/DCT": pixels_of_jpeg,
    "/JPXDecode": pixels_of_jpx,
    "/JBIG2Decode": pixels_of_jbig2,
}
COLOURS = 4  # components of an ordinary picture
FAX = frozenset({"/CCITTFaxDecode", "/CCF"})
FAX_COLUMNS = 1728  # where the file says nothing
FIRST_PREDICTOR = 2  # 1 is none
BITS = 8


def refuse_claims(data: bytes, settings: ConversionSettings) -> None:
    """Raises PermanentError (TOO_LARGE). A file that only other readers can open is left to them."""
    unpacked = Unpacked(settings)
    with contextlib.suppress(*MALFORMED), pikepdf.open(io.BytesIO(data)) as document:
        _refuse_repeated_contents(document, settings)
        for stream in _streams(document):
            with contextlib.suppress(*MALFORMED):  # a broken stream is no reason to believe the others
                if _is_picture(stream):
                    _refuse_picture(stream, _raw(stream), settings)
            with contextlib.suppress(*MALFORMED):
                if may_be_content(stream):
                    _refuse_inline_pictures(stream, unpacked, settings)
            with contextlib.suppress(*MALFORMED):
                _refuse_rows(stream, settings)
            with contextlib.suppress(*MALFORMED):
                if document.is_encrypted or not _is_deflated_once(stream):  # the file's own bytes may not tell then
                    unpacked.add(memoryview(_raw(stream)), _packing(stream), is_picture=_is_picture(stream))


def _streams(document: pikepdf.Pdf) -> Iterator[pikepdf.Stream]:
    return (item for item in document.objects if isinstance(item, pikepdf.Stream))


def _refuse_inline_pictures(stream: pikepdf.Stream, unpacked: Unpacked, settings: ConversionSettings) -> None:
    content = _raw(stream)
    for name in _packing(stream):
        content = _decoded(content, name, settings)
    for picture, data in inline_pictures(content):
        with contextlib.suppress(*MALFORMED):
            _refuse_picture(picture, data, settings)
            unpacked.add(memoryview(data), _packing(picture), is_picture=True)


def _refuse_picture(picture: Picture, data: bytes, settings: ConversionSettings) -> None:
    width, height = _number(picture.get("/Width")), _number(picture.get("/Height"))
    refuse_pixels(width, height, settings)
    for name, parameters in _filters(picture):
        data = _decoded(data, name, settings)
        if name in CODESTREAMS:
            refuse_pixels(CODESTREAMS[name](data), 1, settings)
        if name == "/JPXDecode":
            refuse_unpacked(samples_of_jpx(data) - int(COLOURS * MEGA * settings.max_megapixels), settings)
        if name in FAX:
            columns = _number(parameters.get("/Columns", FAX_COLUMNS))
            refuse_pixels(columns, max(height, _number(parameters.get("/Rows"))), settings)


def _refuse_rows(stream: pikepdf.Stream, settings: ConversionSettings) -> None:
    """A predictor's row is allocated as its columns say, whatever follows."""
    for _, parameters in _filters(stream):
        if _number(parameters.get("/Predictor")) >= FIRST_PREDICTOR:
            bits = _number(parameters.get("/Colors", 1)) * _number(parameters.get("/BitsPerComponent", BITS))
            refuse_unpacked(_number(parameters.get("/Columns", 1)) * bits // BITS, settings)


def _is_picture(stream: pikepdf.Stream) -> bool:
    return bool(stream.get("/Subtype") == "/Image")


def _filters(stream: Picture) -> Iterator[tuple[str, pikepdf.Dictionary]]:
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


def _is_deflated_once(stream: pikepdf.Stream) -> bool:
    return _packing(stream) in ([], *([name] for name in FLATE))


def _packing(stream: Picture) -> list[str]:
    """The names of its filters as `filters.DECODERS` has them."""
    return [
        LATE_LZW if name in LZW and "/EarlyChange" in parameters and parameters["/EarlyChange"] == 0 else name
        for name, parameters in _filters(stream)
    ]


def _refuse_repeated_contents(document: pikepdf.Pdf, settings: ConversionSettings) -> None:
    """What a page lists as its content again and again is put together by readers, before they read any of it."""
    for item in document.objects:
        contents = item.get("/Contents") if isinstance(item, pikepdf.Dictionary) else None
        if not isinstance(contents, pikepdf.Array):
            continue
        with contextlib.suppress(*MALFORMED):
            streams = [each for each in contents if isinstance(each, pikepdf.Stream)]
            times = Counter(stream.objgen for stream in streams)
            repeated = {stream.objgen: stream for stream in streams if times[stream.objgen] > 1}
            sizes = (times[place] * _unpacked_bytes(stream, settings) for place, stream in repeated.items())
            refuse_unpacked(sum(sizes), settings)


def _unpacked_bytes(stream: pikepdf.Stream, settings: ConversionSettings) -> int:
    data = _raw(stream)
    return max(len(data), largest_layer(memoryview(data), _packing(stream), int(settings.max_unpacked_mb * MEGA)))


def _raw(stream: pikepdf.Stream) -> bytes:
    return bytes(stream.read_raw_bytes())


def _decoded(data: bytes, name: str, settings: ConversionSettings) -> bytes:
    """As much of it as may be; the bytes as they are for a filter that is a picture's own."""
    if name not in DECODERS:
        return data
    return b"".join(Counted(DECODERS[name](in_pieces(memoryview(data))), int(settings.max_unpacked_mb * MEGA)))
