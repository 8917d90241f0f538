"""Ruling lines of a scanned page, found in its image by morphology."""

from __future__ import annotations

import cv2
import numpy as np
from PIL.Image import Image

from pipeline.convert.pdf.boxes import Box

MIN_HORIZONTAL_POINTS = 45  # longer than any dash or underlined word
MIN_VERTICAL_POINTS = 14  # higher than a letter
MAX_THICKNESS_POINTS = 8


def find_rules(image: Image, scale: float) -> tuple[list[Box], list[Box]]:
    """Horizontal and vertical rules in points; `scale` is pixels per point of the image."""
    gray = cv2.cvtColor(np.asarray(image.convert("RGB")), cv2.COLOR_RGB2GRAY)
    ink = cv2.adaptiveThreshold(gray, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 25, 15)
    horizontal = [
        box
        for box in _components(ink, (int(MIN_HORIZONTAL_POINTS * scale), 1), scale)
        if box.height <= MAX_THICKNESS_POINTS and box.width >= MIN_HORIZONTAL_POINTS
    ]
    vertical = [
        box
        for box in _components(ink, (1, int(MIN_VERTICAL_POINTS * scale)), scale)
        if box.width <= MAX_THICKNESS_POINTS and box.height >= MIN_VERTICAL_POINTS
    ]
    return horizontal, vertical


def _components(ink: cv2.typing.MatLike, kernel: tuple[int, int], scale: float) -> list[Box]:
    """Boxes of what remains of the ink when strokes shorter than the kernel are removed."""
    opened = cv2.morphologyEx(ink, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_RECT, kernel))
    joined = cv2.dilate(opened, np.ones((3, 3), np.uint8))
    _, _, statistics, _ = cv2.connectedComponentsWithStats(joined)
    return [
        Box(x / scale, y / scale, (x + width) / scale, (y + height) / scale)
        for x, y, width, height, _ in statistics[1:].tolist()  # the first component is the background
    ]
