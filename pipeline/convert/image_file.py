"""An image file as such: can it be opened, how large is it. Decodes no pixels."""

from __future__ import annotations

import io

from PIL import Image

from pipeline.convert.limits import MEGA, refuse_pages, refuse_pixels
from pipeline.errors import ErrorCode, PermanentError
from pipeline.settings.sections import PILLOW_MEGAPIXELS, ConversionSettings


def inspect_image(data: bytes, settings: ConversionSettings) -> None:
    """Raises PermanentError: corrupt, too_large or too_long (the frames of an animation count as pages)."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            width, height, frames = *image.size, int(getattr(image, "n_frames", 1))
    except Image.DecompressionBombError:
        width, height, frames = PILLOW_MEGAPIXELS, MEGA, 1
    except (OSError, ValueError, SyntaxError):
        raise PermanentError("The image cannot be opened: restore it from its origin.", ErrorCode.CORRUPT) from None
    refuse_pixels(width, height, settings)
    refuse_pages(frames, settings)
