"""Does a picture show text? Told by its size and ink: dark marks on light that stand in lines. Reads nothing."""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Iterable, Iterator, Mapping

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageSequence

from pipeline.convert.coverage.passages import Passage, PassageKind

MIN_SIDE = 24  # pixels; icons and rules are smaller
MAX_SIDE = 1000  # pixels; larger pictures are looked at made smaller
MAX_PICTURES = 50  # of one document are looked at
MAX_PIXELS = 100_000_000
MIN_CONTRAST = 60  # of 255, between the paper and the ink of letters
MAX_INK = 0.35  # of all pixels; photographs have more dark next to light, or less
LINE_HEIGHT = (5, 120)  # pixels
LINE_SHAPE = 2.2  # times as wide as high, at least
LINE_FILL = (0.1, 0.85)  # of a line's box that is ink: a frame has less, a bar more
MIN_STROKES = 4  # changes between paper and ink on the way through a line


def pictures(files: Iterable[bytes]) -> Iterator[Passage]:
    """A passage without text for each picture that shows text; the same picture counts once."""
    seen: set[bytes] = set()
    for number, data in enumerate(files, 1):
        digest = hashlib.sha256(data).digest()
        if digest not in seen and len(seen) < MAX_PICTURES and shows_text(data):
            yield Passage.uncounted(PassageKind.PICTURE, f"picture {number}")
        seen.add(digest)


def frames(data: bytes, words_read: Mapping[int, int]) -> Iterator[Passage]:
    """The same of an image by itself, whose frames are pages. `words_read`: page -> words that OCR has read of it."""
    with Image.open(io.BytesIO(data)) as image:
        for number, frame in enumerate(ImageSequence.Iterator(image), 1):
            if number > MAX_PICTURES:
                break
            if not words_read.get(number) and _shows_text(frame):
                yield Passage.uncounted(PassageKind.PICTURE, f"page {number}", number)


def shows_text(data: bytes) -> bool:
    """False, too, for what is no picture that can be opened, e.g. a drawing of vectors."""
    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(data)) as image:
            warnings.simplefilter("ignore")
            image.draft("L", (MAX_SIDE, MAX_SIDE))
            return _shows_text(image)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False


def _shows_text(image: Image.Image) -> bool:
    if min(image.size) < MIN_SIDE or image.width * image.height > MAX_PIXELS:
        return False
    return text_lines(np.asarray(_on_white(image))) > 0


def text_lines(gray: npt.NDArray[np.uint8]) -> int:
    """How many lines of text there seem to be in a picture in shades of grey."""
    if not gray.size or min(gray.shape) < MIN_SIDE or int(gray.max()) - int(gray.min()) < MIN_CONTRAST:
        return 0
    _, ink = cv2.threshold(np.ascontiguousarray(gray), 0, 1, cv2.THRESH_BINARY_INV + cv2.THRESH_OTSU)
    if ink.mean() > 0.5:  # light letters on dark
        ink = 1 - ink
    return sum(_is_line(ink, box) for box in _boxes(ink)) if ink.mean() <= MAX_INK else 0


def _on_white(image: Image.Image) -> Image.Image:
    image = image.copy()
    image.thumbnail((MAX_SIDE, MAX_SIDE))
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        paper = Image.new("RGBA", image.size, "white")
        paper.alpha_composite(image.convert("RGBA"))
        return paper.convert("L")
    return image.convert("L")


def _boxes(ink: npt.NDArray[np.uint8]) -> npt.NDArray[np.int32]:
    """Boxes (left, top, width, height, area) of letters joined to their neighbours in a row."""
    bridge = cv2.getStructuringElement(cv2.MORPH_RECT, (9, 1))
    joined = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, bridge)
    _, _, boxes, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    return boxes[1:]


def _is_line(ink: npt.NDArray[np.uint8], box: npt.NDArray[np.int32]) -> bool:
    left, top, width, height = (int(value) for value in box[:4])
    if not LINE_HEIGHT[0] <= height <= LINE_HEIGHT[1] or width < LINE_SHAPE * height:
        return False
    letters = ink[top : top + height, left : left + width]
    strokes = np.count_nonzero(np.diff(letters.astype(np.int8), axis=1) == 1, axis=1)
    return bool(LINE_FILL[0] < letters.mean() < LINE_FILL[1] and np.median(strokes) >= MIN_STROKES)
