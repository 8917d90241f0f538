"""An image file as such: can it be opened, how large is it, how many frames of it are pages."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping

from PIL import Image, ImageOps

from pipeline.convert.limits import MEGA, refuse_pages, refuse_pixels
from pipeline.errors import ErrorCode, PermanentError
from pipeline.settings.sections import PILLOW_MEGAPIXELS, ConversionSettings

OF_PAGES = "TIFF"  # the only format whose frames are pages; elsewhere they are an animation or a preview
PIXELS = re.compile(r"\((\d+) pixels\)")
BLANK = Image.new("1", (1, 1))


def inspect_image(data: bytes, settings: ConversionSettings) -> list[str]:
    """Decodes no pixels; returns warnings. Raises PermanentError: corrupt, too_large or too_long (by its frames)."""
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

    Frames outside of `pages` need not be there: they are not looked at.
    """
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


def _size_of_frame(image: Image.Image, number: int) -> tuple[int, int]:
    image.seek(number)
    return image.size
