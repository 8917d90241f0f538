"""Images of every kind are read, all pages of them, whatever they say of their resolution."""

from __future__ import annotations

import struct
import zlib

import pytest

from pipeline.convert.conversion import extract
from pipeline.convert.image_file import inspect_image, pages_of_image
from pipeline.convert.text_export import text_of
from pipeline.errors import ErrorCode, PermanentError
from pipeline.settings.sections import ConversionSettings
from tests.promises.hostile.images import READ, page, saved

SETTINGS = ConversionSettings()


@pytest.mark.slow
def test_all_pages_of_a_scan_are_read_and_turned_upright() -> None:
    data = saved(page(), "TIFF", save_all=True, append_images=[page(turn=180)], dpi=(300, 300))
    document, conversion = extract(data, "tif", SETTINGS)
    text = text_of(document)
    assert [text.count(words) for words in READ] == [2, 2]
    assert conversion.ocr_pages == (1, 2)
    assert conversion.warnings == ()


@pytest.mark.slow
def test_a_resolution_changes_nothing_and_places_are_pixels() -> None:
    document, _ = extract(saved(page(), "PNG", dpi=(300, 300)), "png", SETTINGS)
    size = document.pages[1].size
    assert (size.width, size.height) == page().size
    assert [words for words in READ if words not in text_of(document)] == []


@pytest.mark.slow
def test_an_image_that_claims_no_resolution_is_read() -> None:
    document, _ = extract(saved(page(), "BMP", dpi=(0, 0)), "bmp", SETTINGS)
    assert [words for words in READ if words not in text_of(document)] == []


@pytest.mark.slow
def test_of_an_animation_the_first_frame_is_read_and_the_rest_is_reported() -> None:
    data = saved(page(), "GIF", save_all=True, append_images=[page(turn=180)])
    document, conversion = extract(data, "gif", SETTINGS)
    assert [words for words in READ if words not in text_of(document)] == []
    assert conversion.warnings[0] == "The picture is an animation of 2 frames; only the first was read."
    assert [gap.places for gap in conversion.missing] == [("page 2",)]


def test_every_page_of_a_scan_must_be_within_the_limit() -> None:
    data = saved(page(), "TIFF", save_all=True, append_images=[page().resize((3000, 1000))])
    inspect_image(data, ConversionSettings(max_megapixels=3))
    with pytest.raises(PermanentError) as raised:
        inspect_image(data, ConversionSettings(max_megapixels=2))
    assert raised.value.code == ErrorCode.TOO_LARGE


def test_the_pages_of_a_scan_count_as_pages() -> None:
    data = saved(page(), "TIFF", save_all=True, append_images=[page()])
    inspect_image(data, ConversionSettings(max_pages=2))
    with pytest.raises(PermanentError) as raised:
        inspect_image(data, ConversionSettings(max_pages=1))
    assert raised.value.code == ErrorCode.TOO_LONG


def test_an_image_of_one_frame_is_not_written_again() -> None:
    data = saved(page(), "PNG")
    assert pages_of_image(data, {}, (1, 1)) is data


@pytest.mark.parametrize("kind", ["png", "jpeg", "tiff", "gif"])
def test_a_refusal_names_the_size_that_the_image_claims(kind: str) -> None:
    data = bytearray(saved(page("L"), kind.upper()))
    if kind == "png":
        data[16:24] = struct.pack(">LL", 50_000, 50_000)
        data[29:33] = struct.pack(">L", zlib.crc32(data[12:29]))
    elif kind == "jpeg":
        struct.pack_into(">HH", data, data.index(b"\xff\xc0") + 5, 50_000, 50_000)
    elif kind == "gif":
        struct.pack_into("<HH", data, 6, 50_000, 50_000)
    else:
        first = struct.unpack_from("<L", data, 4)[0] + 2
        for place in range(first, first + 12 * struct.unpack_from("<H", data, first - 2)[0], 12):
            if struct.unpack_from("<H", data, place)[0] in (256, 257):
                struct.pack_into("<HLL", data, place + 2, 4, 1, 50_000)
    with pytest.raises(PermanentError, match="2500 megapixels") as raised:
        inspect_image(bytes(data), SETTINGS)
    assert raised.value.code is ErrorCode.TOO_LARGE


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_an_animation_that_is_cut_off_is_damaged_like_any_image(kind: str) -> None:
    """What Pillow says of it is an error of files, which would look like one of this machine's."""
    data = saved(page(), kind, save_all=True, append_images=[page(turn=180)])
    assert pages_of_image(data, {}, (1, 1))
    with pytest.raises(PermanentError, match="cannot be opened") as raised:
        pages_of_image(data[: len(data) // 4], {1: 90}, (1, 1))
    assert raised.value.code is ErrorCode.CORRUPT
