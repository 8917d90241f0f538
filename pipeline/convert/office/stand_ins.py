"""Small pictures in the place of large ones: Docling only notes that a picture is there, and decodes it for that.

It decodes a picture again for each place that shows it, whatever its size; its text is read before.
"""

from __future__ import annotations

import functools
import io
from typing import Final

from PIL import Image

from pipeline.convert.image_file import BROKEN
from pipeline.convert.pictures import FORMATS

SMALL_PX: Final = 10_000  # of which a decoding costs nothing; Docling tells spacers, of 25 pixels, from pictures
SIDE_PX: Final = 64


def stand_in(data: bytes) -> bytes:
    """A plain picture for one of many pixels; anything else as it is."""
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            is_small = image.width * image.height <= SMALL_PX
    except Image.DecompressionBombError:
        return _plain()
    except BROKEN:
        return data
    return data if is_small else _plain()


@functools.cache
def _plain() -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (SIDE_PX, SIDE_PX), 128).save(buffer, "PNG")
    return buffer.getvalue()
