"""Pictures of pages, framed where chunks stand: for people who look at a result."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pypdfium2
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from pipeline.datadir import files
from pipeline.errors import ErrorCode, PipelineError
from pipeline.run.current import Run
from pipeline.schema import Chunk, ChunkedDocument, Conversion, Document

_PIXELS_PER_POINT = 1.5
_WIDEST = 1000  # pixels; a photo is larger than what one can look at
_NUMBER = 16  # pixels: the height of a chunk's number
_LINE, _GAP = 2, 2  # pixels: of a frame, and between it and letters
_REACH = 14  # pixels from a box to its frame, at most
_SMALLEST_CONTRAST = 48  # of 255: less is noise of a scan, and no letter
_COLOURS = ("#c2410c", "#1d4ed8", "#15803d", "#7e22ce")

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


def has_places(run: Run, document: Document) -> bool:
    """Whether the document's pages can be shown with places. Raises FileNotFoundError before it is converted."""
    return files.read_model(run.files_of(document).conversion, Conversion).has_places


def page_with_boxes(run: Run, document: Document, page: int = 1, chunk: int | None = None) -> Image.Image:
    """A page (from 1) of a PDF or image as it looks, framed where its chunks stand, each frame with its chunk's number;
    or where one chunk stands, without a number.

    A page that OCR had to turn upright is shown as it lies in the file, so its frames are off. Raises PipelineError
    (UNSUPPORTED) for a format without places on pages, FileNotFoundError before the document is chunked, IndexError
    for a page that it has not and for a chunk that does not stand on the page.
    """
    if not has_places(run, document):
        raise PipelineError(f"a {document.extension} file has no places on pages", ErrorCode.UNSUPPORTED)
    chunks = files.read_model(run.files_of(document).chunks, ChunkedDocument).chunks
    shown = [found for found in chunks if chunk in (None, found.index) and page in found.page_numbers]
    if chunk is not None and not shown:
        raise IndexError(chunk)
    image, scale = _page(run, document, page)
    for box, numbers in places(shown, page).items():
        edges = box[0] * scale, box[1] * scale, box[2] * scale, box[3] * scale
        left, top = frame(image, edges, _colour(numbers))
        if chunk is None:
            _number(image, left, top, numbers)
    return image


def places(chunks: Sequence[Chunk], page: int) -> dict[Box, list[int]]:
    """The boxes of a page, each with the numbers of its chunks: pieces of one paragraph share its box."""
    found: dict[Box, list[int]] = {}
    for chunk in chunks:
        for box in (box for box in chunk.bounding_boxes if box.page == page):
            numbers = found.setdefault((box.left, box.top, box.right, box.bottom), [])
            numbers += [] if chunk.index in numbers else [chunk.index]
    return found


def frame(image: Image.Image, box: Box, colour: str) -> tuple[int, int]:
    """Draw a frame around a box (left, top, right, bottom in pixels); returns its upper left corner.

    Boxes are tighter than their letters, so each side goes outwards to where it crosses least.
    """
    pixels = np.asarray(image.convert("L"), dtype=np.int16)
    left, top, right, bottom = map(round, box)
    for _ in range(2):  # the sides decide how long the others are
        rows, columns = slice(max(0, top), bottom + 1), slice(max(0, left), right + 1)
        left = _clearest(pixels[rows].T, round(box[0]), -1)
        right = _clearest(pixels[rows].T, round(box[2]), 1)
        top = _clearest(pixels[:, columns], round(box[1]), -1)
        bottom = _clearest(pixels[:, columns], round(box[3]), 1)
    ImageDraw.Draw(image).rectangle((left, top, right, bottom), outline=colour, width=_LINE)
    return left, top


def _clearest(lines: NDArray[np.int16], edge: int, outwards: int) -> int:
    """Of the lines of pixels from an edge outwards, the nearest of those on which a frame covers or touches least."""
    wide = _LINE + _GAP
    inside = range(wide) if outwards < 0 else range(1 - wide, 1)
    places = [edge + outwards * distance for distance in range(wide, _REACH)]
    there = [place for place in places if place + inside[0] >= 0 and place + inside[-1] < len(lines)]
    return min(there, key=lambda place: _contrast(lines[[place + each for each in inside]]), default=edge)


def _contrast(strip: NDArray[np.int16]) -> int:
    return int(np.ptp(strip)) // _SMALLEST_CONTRAST if strip.size else 0


def _number(image: Image.Image, left: int, top: int, numbers: list[int]) -> None:
    """Left of a frame, below each other."""
    font = ImageFont.load_default(size=_NUMBER)
    for line, number in enumerate(numbers):
        where = max(0, left - round(font.getlength(str(number))) - _LINE), top + line * _NUMBER
        ImageDraw.Draw(image).text(where, str(number), fill=_colour(numbers), font=font)


def _colour(numbers: list[int]) -> str:
    return _COLOURS[numbers[0] % len(_COLOURS)]


def _page(run: Run, document: Document, page: int) -> tuple[Image.Image, float]:
    """The page's picture, and pixels of it per unit of its boxes (points; pixels for images)."""
    with files.local_copy(run.files_of(document).source) as file:
        if document.extension == "pdf":
            with pypdfium2.PdfDocument(file) as pdf:
                if not 1 <= page <= len(pdf):
                    raise IndexError(page)
                return pdf[page - 1].render(scale=_PIXELS_PER_POINT).to_pil().convert("RGB"), _PIXELS_PER_POINT
        with Image.open(file) as picture:
            if not 1 <= page <= getattr(picture, "n_frames", 1):
                raise IndexError(page)
            picture.seek(page - 1)
            whole = picture.convert("RGB")
    scale = min(1.0, _WIDEST / whole.width)
    return whole.resize((round(whole.width * scale), round(whole.height * scale))), scale
