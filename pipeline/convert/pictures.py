"""The text of pictures inside documents of other formats: read by the same OCR as image files, or a drawing's words."""

from __future__ import annotations

import hashlib
import io
from typing import Final

from docling_core.types.doc import TableItem, TextItem
from PIL import Image, ImageOps

from pipeline.convert.image_file import BROKEN
from pipeline.convert.limits import MEGA
from pipeline.convert.paged import PagedSource
from pipeline.convert.vector_pictures.words import vector_lines
from pipeline.settings.sections import ConversionSettings

MIN_SIDE_PX, MIN_AREA_PX = 40, 20_000  # smaller ones are icons and rules
MAX_PICTURES: Final = 30  # a document; what is over is counted as not read
MAX_UNREAD_MEGAPIXELS: Final = 2  # of pictures that are only looked at, to count those with something in them
FORMATS: Final = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP")
MIN_INK: Final = 6  # grey levels of standard deviation; less is a plain area


class PictureReader:
    """Reads each different picture of one document once; `unread` counts those that it could not read."""

    def __init__(self, settings: ConversionSettings) -> None:
        self.settings = settings
        self.unread = 0
        self._seen: dict[bytes, list[str]] = {}

    def lines(self, data: bytes) -> list[str]:
        """The picture's paragraphs in reading order; nothing for one that was met before."""
        digest = hashlib.sha256(data).digest()
        if digest in self._seen:
            return []
        self._seen[digest] = []
        if (drawn := vector_lines(data)) is not None:
            return drawn
        is_read = self.settings.ocr_engine != "none" and len(self._seen) <= MAX_PICTURES
        picture = self._opened(data, self.settings.max_megapixels if is_read else MAX_UNREAD_MEGAPIXELS)
        if picture is None or not _may_have_text(picture):
            return []
        if is_read:
            return self._read(picture)
        self.unread += 1
        return []

    def warnings(self) -> list[str]:
        """One sentence with the number of pictures that could not be read, if there are any."""
        return [f"Pictures that could not be read: {self.unread}."] if self.unread else []

    def _opened(self, data: bytes, max_megapixels: float) -> Image.Image | None:
        """In grey on white; None, and counted, if it cannot be opened or is over the limit of pixels."""
        try:
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                if image.width * image.height > max_megapixels * MEGA:
                    raise ValueError("not to be opened")
                upright = ImageOps.exif_transpose(image).convert("RGBA")
        except BROKEN:
            self.unread += 1
            return None
        white = Image.new("RGBA", upright.size, "white")
        return Image.alpha_composite(white, upright).convert("RGB")

    def _read(self, picture: Image.Image) -> list[str]:
        buffer = io.BytesIO()
        picture.save(buffer, "PNG")
        document = PagedSource(buffer.getvalue(), "png", self.settings).converted().document
        lines = []
        for item, _ in document.iterate_items(traverse_pictures=True):
            if isinstance(item, TextItem):
                lines.append(item.text)
            elif isinstance(item, TableItem):
                lines += [" | ".join(cell.text for cell in row) for row in item.data.grid]
        return [line for line in lines if line.strip()]


def _may_have_text(picture: Image.Image) -> bool:
    if min(picture.size) < MIN_SIDE_PX or picture.width * picture.height < MIN_AREA_PX:
        return False
    grey = picture.convert("L").histogram()
    total = sum(grey)
    mean = sum(level * count for level, count in enumerate(grey)) / total
    return sum((level - mean) ** 2 * count for level, count in enumerate(grey)) / total > MIN_INK**2
