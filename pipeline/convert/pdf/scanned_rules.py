"""Ruling lines of a scanned page, found in its image by morphology."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from PIL.Image import Image

from pipeline.convert.pdf.boxes import Box

_PIXELS_PER_POINT = 2.0  # of the image in which rules are looked for
_A4_POINTS = 842  # the longer side
_MIN_HORIZONTAL = int(45 * _PIXELS_PER_POINT)  # longer than any dash or underlined word
_MIN_VERTICAL = int(14 * _PIXELS_PER_POINT)  # higher than a letter
_MAX_THICKNESS = 8 * _PIXELS_PER_POINT
_MAX_SLOPE = 0.035  # two degrees
_SLANT = 5  # pixels by which a stroke is made thicker, so that one that slants holds together
_GAP = np.ones((3, 11), np.uint8)  # over which a stroke goes on


def rules_scale(width: float, height: float) -> float:
    """Pixels per unit of the page, in the image that `find_rules` is to be given. The units of a picture's page are its
    pixels, whatever its resolution: a page that is longer than A4 counts as A4."""
    return _PIXELS_PER_POINT * min(1.0, _A4_POINTS / max(width, height))


def find_rules(image: Image, scale: float) -> tuple[list[Box], list[Box]]:
    """Horizontal and vertical rules in units of the page; `scale` is the image's pixels per unit, by `rules_scale`."""
    gray = cv2.cvtColor(np.asarray(image.convert("RGB")), cv2.COLOR_RGB2GRAY)
    ink = cv2.adaptiveThreshold(gray, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 25, 15)
    across, down = _strokes(ink, _MIN_HORIZONTAL), _strokes(np.ascontiguousarray(ink.T), _MIN_VERTICAL)
    horizontal = [Box(left / scale, top / scale, right / scale, bottom / scale) for left, top, right, bottom in across]
    vertical = [Box(left / scale, top / scale, right / scale, bottom / scale) for top, left, bottom, right in down]
    return horizontal, vertical


def _strokes(ink: cv2.typing.MatLike, shortest: int) -> Iterator[tuple[float, float, float, float]]:
    """Left, top, right and bottom of what remains of the ink when strokes from left to right that are shorter are
    removed, and those too thick for a rule, measured across: one that slants fills little of its box."""
    thick = cv2.dilate(ink, np.ones((_SLANT, 1), np.uint8))
    opened = cv2.morphologyEx(thick, cv2.MORPH_OPEN, np.ones((1, shortest), np.uint8))
    joined = cv2.dilate(cv2.morphologyEx(opened, cv2.MORPH_CLOSE, _GAP), np.ones((3, 3), np.uint8))
    _, _, statistics, _ = cv2.connectedComponentsWithStats(joined)
    for left, top, width, height, area in statistics[1:].tolist():  # the first component is the background
        if width >= shortest and area <= _MAX_THICKNESS * width and height <= _MAX_THICKNESS + _MAX_SLOPE * width:
            yield left, top, left + width, top + height
