"""Ruling lines of a scanned page, found in its image by morphology."""

from __future__ import annotations

import cv2
import numpy as np
from PIL.Image import Image

from pipeline.convert.pdf.boxes import Box

_PIXELS_PER_POINT = 2.0  # of the image in which rules are looked for
_A4_POINTS = 842  # the longer side
_MIN_HORIZONTAL = int(45 * _PIXELS_PER_POINT)  # longer than any dash or underlined word
_MIN_VERTICAL = int(14 * _PIXELS_PER_POINT)  # higher than a letter
_MAX_THICKNESS = 8 * _PIXELS_PER_POINT


def rules_scale(width: float, height: float) -> float:
    """Pixels per unit of the page, in the image that `find_rules` is to be given. The units of a picture's page are its
    pixels, whatever its resolution: a page that is longer than A4 counts as A4."""
    return _PIXELS_PER_POINT * min(1.0, _A4_POINTS / max(width, height))


def find_rules(image: Image, scale: float) -> tuple[list[Box], list[Box]]:
    """Horizontal and vertical rules in units of the page; `scale` is the image's pixels per unit, by `rules_scale`."""
    gray = cv2.cvtColor(np.asarray(image.convert("RGB")), cv2.COLOR_RGB2GRAY)
    ink = cv2.adaptiveThreshold(gray, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 25, 15)
    horizontal = [
        box
        for box in _components(ink, (_MIN_HORIZONTAL, 1))
        if box.height <= _MAX_THICKNESS and box.width >= _MIN_HORIZONTAL
    ]
    vertical = [
        box
        for box in _components(ink, (1, _MIN_VERTICAL))
        if box.width <= _MAX_THICKNESS and box.height >= _MIN_VERTICAL
    ]
    return [_in_units(box, scale) for box in horizontal], [_in_units(box, scale) for box in vertical]


def _components(ink: cv2.typing.MatLike, kernel: tuple[int, int]) -> list[Box]:
    """Boxes of what remains of the ink when strokes shorter than the kernel are removed; in pixels."""
    opened = cv2.morphologyEx(ink, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_RECT, kernel))
    joined = cv2.dilate(opened, np.ones((3, 3), np.uint8))
    _, _, statistics, _ = cv2.connectedComponentsWithStats(joined)
    return [
        Box(x, y, x + width, y + height)
        for x, y, width, height, _ in statistics[1:].tolist()  # the first component is the background
    ]


def _in_units(box: Box, scale: float) -> Box:
    return Box(box.left / scale, box.top / scale, box.right / scale, box.bottom / scale)
