"""Lines of text in a picture, told by their ink: dark marks on light, or light on dark, with many strokes in a row."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
import numpy.typing as npt

MAX_SIDE = 800  # pixels; larger pictures are looked at made smaller
MIN_SIDE = 24  # pixels; icons and rules are smaller
MIN_CONTRAST = 50  # of 255, between the paper and the ink of letters
MAX_INK = 0.35  # of all pixels; photographs have more
LINE_HEIGHT = (5, 100)  # pixels
LINE_SHAPE = 2.2  # times as wide as high, at least
LINE_FILL = (0.1, 0.85)  # of a line's box that is ink: a frame has less, a bar more
MIN_STROKES = 4  # changes between paper and ink on the way through a line
BRIDGE = 9  # pixels between letters and words that belong to one line
MARGIN = 3  # pixels around what has been read
Gray = npt.NDArray[np.uint8]
Area = tuple[float, float, float, float]  # (left, top, right, bottom) as shares of the picture


def unread_lines(gray: Gray, known: Iterable[Area] = (), read: Iterable[Area] = (), quarter_turns: int = 0) -> int:
    """How many lines of text there seem to be in a picture in shades of grey, outside of areas of known text.

    With `quarter_turns` the picture is turned so often, counter-clockwise, before the areas `read` are taken out.
    """
    ink = _ink(gray)
    if ink is None:
        return 0
    _clear(ink, known)
    ink = np.ascontiguousarray(np.rot90(ink, quarter_turns))
    _clear(ink, read)
    return sum(_is_line(ink, box) for box in _boxes(ink))


def _clear(ink: Gray, areas: Iterable[Area]) -> None:
    height, width = ink.shape
    for left, top, right, bottom in areas:
        x, y = max(0, round(left * width) - MARGIN), max(0, round(top * height) - MARGIN)
        ink[y : max(0, round(bottom * height) + MARGIN), x : max(0, round(right * width) + MARGIN)] = 0


def _ink(gray: Gray) -> Gray | None:
    """1 where there is ink; None for a picture that cannot be one of text."""
    if not gray.size or min(gray.shape) < MIN_SIDE:
        return None
    _, ink = cv2.threshold(np.ascontiguousarray(gray), 0, 1, cv2.THRESH_BINARY_INV + cv2.THRESH_OTSU)
    share = float(ink.mean())
    dark, light = cv2.mean(gray, ink)[0], cv2.mean(gray, 1 - ink)[0]
    if light - dark < MIN_CONTRAST or min(share, 1 - share) > MAX_INK:
        return None
    return (ink if share <= MAX_INK else 1 - ink).astype(np.uint8)


def _boxes(ink: Gray) -> npt.NDArray[np.int32]:
    """Boxes (left, top, width, height, area) of letters joined to their neighbours in a row."""
    joined = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_RECT, (BRIDGE, 1)))
    boxes: npt.NDArray[np.int32] = cv2.connectedComponentsWithStats(joined, connectivity=8)[2][1:].astype(np.int32)
    width, height = boxes[:, 2], boxes[:, 3]
    return boxes[(height >= LINE_HEIGHT[0]) & (height <= LINE_HEIGHT[1]) & (width >= LINE_SHAPE * height)]


def _is_line(ink: Gray, box: npt.NDArray[np.int32]) -> bool:
    left, top, width, height = (int(value) for value in box[:4])
    letters = ink[top : top + height, left : left + width]
    strokes = np.count_nonzero(np.diff(letters.astype(np.int8), axis=1) == 1, axis=1)
    return bool(LINE_FILL[0] < letters.mean() < LINE_FILL[1] and np.median(strokes) >= MIN_STROKES)
