"""An image file as such: can it be opened, how large is it, how many frames of it are pages."""

from __future__ import annotations

import contextlib
import io
import re
import struct
from collections.abc import Iterator, Mapping

from PIL import Image, ImageOps

from pipeline.convert.limits import MEGA, refuse_pages, refuse_pixels
from pipeline.errors import ErrorCode, PermanentError
from pipeline.settings.sections import PILLOW_MEGAPIXELS, ConversionSettings

OF_PAGES = "TIFF"  # the only format whose frames are pages; elsewhere they are an animation or a preview
TIFF = {  # where the first page's place stands, how places and numbers of entries are written, bytes of an entry
    b"II*\0": (4, "<L", "<H", 12),
    b"MM\0*": (4, ">L", ">H", 12),
    b"II+\0": (8, "<Q", "<Q", 20),
    b"MM\0+": (8, ">Q", ">Q", 20),
}
BROKEN = (  # what Pillow raises for broken pictures
    *(OSError, ValueError, TypeError, SyntaxError, ArithmeticError, LookupError, EOFError, struct.error),
    Image.DecompressionBombError,
)
PIXELS = re.compile(r"\((\d+) pixels\)")
BLANK = Image.new("1", (1, 1))


def inspect_image(data: bytes, settings: ConversionSettings) -> list[str]:
    """Decodes no pixels; returns warnings. Raises PermanentError: corrupt, too_large or too_long (by its frames)."""
    refuse_pages(_tiff_pages(data), settings)
    try:
        with Image.open(io.BytesIO(data)) as image:
            sizes = [image.size]
            frames = int(getattr(image, "n_frames", 1))
            refuse_pages(frames, settings)
            is_paged = image.format == OF_PAGES
            sizes += [_size_of_frame(image, number) for number in range(1, frames if is_paged else 1)]
            is_animated = frames > 1 and image.format in ("GIF", "PNG", "WEBP")
    except Image.DecompressionBombError as error:
        sizes, is_animated = [(claimed_pixels(error), 1)], False
    except (OSError, ValueError, SyntaxError):
        raise PermanentError("The image cannot be opened: restore it from its origin.", ErrorCode.CORRUPT) from None
    for width, height in sizes:
        refuse_pixels(width, height, settings)
    return [f"The picture is an animation of {frames} frames; only the first was read."] if is_animated else []


def claimed_pixels(error: Image.DecompressionBombError) -> int:
    """What Pillow, which opens no such picture, says of it: "Image size (2500000000 pixels) exceeds limit of …"."""
    said = PIXELS.search(str(error))
    return int(said[1]) if said else PILLOW_MEGAPIXELS * MEGA


def pages_of_image(data: bytes, turned: Mapping[int, int], pages: tuple[int, int]) -> bytes:
    """The image with the frames that are pages (from 1), those of `turned` so many degrees clockwise.

    Frames outside of `pages` need not be there: they are not looked at. Raises PermanentError (CORRUPT).
    """
    try:
        return _pages_of_image(data, turned, pages)
    except BROKEN:
        raise PermanentError("The image cannot be opened: restore it from its origin.", ErrorCode.CORRUPT) from None


def _pages_of_image(data: bytes, turned: Mapping[int, int], pages: tuple[int, int]) -> bytes:
    with Image.open(io.BytesIO(data)) as image:
        frames = int(getattr(image, "n_frames", 1)) if image.format == OF_PAGES else 1
        if not turned and (frames > 1 or getattr(image, "n_frames", 1) == 1):
            return data
        made = _frames(image, frames, turned, pages)
        buffer = io.BytesIO()
        if frames == 1:
            next(made).save(buffer, "PNG")
        else:
            next(made).save(buffer, OF_PAGES, save_all=True, append_images=made)
    return buffer.getvalue()


def _frames(image: Image.Image, count: int, turned: Mapping[int, int], pages: tuple[int, int]) -> Iterator[Image.Image]:
    for number in range(1, count + 1):
        if pages[0] <= number <= pages[1]:
            image.seek(number - 1)
            upright = ImageOps.exif_transpose(image)
            yield upright.rotate(-turned.get(number, 0), expand=True) if turned.get(number) else upright.copy()
        else:
            yield BLANK


def _tiff_pages(data: bytes) -> int:
    """Pages of a TIFF, in its old form or the one for large files; Pillow takes quadratic time to count them."""
    if (form := TIFF.get(data[:4])) is None:
        return 0
    start, at, counts, entry_bytes = form
    seen: set[int] = set()
    with contextlib.suppress(struct.error):  # the file ends in the midst of a page
        (place,) = struct.unpack_from(at, data, start)
        while place and place not in seen:
            (entries,) = struct.unpack_from(counts, data, place)
            seen.add(place)
            (place,) = struct.unpack_from(at, data, place + struct.calcsize(counts) + entries * entry_bytes)
    return len(seen)


def _size_of_frame(image: Image.Image, number: int) -> tuple[int, int]:
    image.seek(number)
    return image.size
