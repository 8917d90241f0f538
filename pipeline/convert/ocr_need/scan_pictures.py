"""Pictures of a page as they are seen, not as they are stored, and how much of their writing a text layer accounts for.

Loads no Docling: pages are also judged before they are converted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

Edges = tuple[float, float, float, float]
"""Left, top, right, bottom in points from the top left corner of the page."""

GRID_POINTS = 2.0  # pieces of one picture leave no wider gaps
MAX_GRID = 1000  # fields on a side
SOLID = 0.9  # share of its box that a picture in pieces fills
MIN_WORD_HEIGHT, MAX_WORD_HEIGHT, MIN_WORD_WIDTH = 4, 40, 8  # points; the rest is noise, rules, photographs
WORD_GAP, LINE_GAP = 7, 3  # points that join letters to words
TRUSTED_SHARE = 0.7  # of the writing in a picture; signatures, stamps and logos are rarely in a text layer


class _Box(Protocol):
    @property
    def left(self) -> float: ...
    @property
    def top(self) -> float: ...
    @property
    def right(self) -> float: ...
    @property
    def bottom(self) -> float: ...


def whole_pictures(bitmaps: Sequence[_Box], width: float, height: float) -> list[Edges]:
    """The bitmaps, those that are strips or tiles of one picture as that picture."""
    step = max(GRID_POINTS, max(width, height) / MAX_GRID)
    grid = np.zeros((int(height / step) + 1, int(width / step) + 1), np.uint8)
    fields = [_fields(bitmap, step, grid) for bitmap in bitmaps]
    for field in fields:
        grid[field] = 1
    _, labels = cv2.connectedComponents(grid)
    areas = np.bincount(labels.ravel()) * step * step
    groups: dict[int, list[int]] = defaultdict(list)
    for index, (rows, columns) in enumerate(fields):
        inside = rows.start < grid.shape[0] and columns.start < grid.shape[1]
        groups[int(labels[rows.start, columns.start]) if inside else 0].append(index)
    return [
        edges
        for label, members in groups.items()
        for edges in _joined([bitmaps[member] for member in members], areas[label] if label else 0.0)
    ]


def accounts_for_writing(texts: Sequence[_Box], image: Image, picture: Edges) -> bool:
    """Do the texts lie over (nearly) all that looks like writing in the picture? The image has a pixel for a point."""
    left, top, right, bottom = (max(0, round(edge)) for edge in picture)
    gray = np.asarray(image.convert("L"))[top:bottom, left:right]
    if not gray.size:
        return True
    known = np.zeros(gray.shape, np.uint8)
    for text in texts:
        rows = slice(max(0, round(text.top - top - 2)), max(0, round(text.bottom - top + 2)))
        known[rows, max(0, round(text.left - left - 2)) : max(0, round(text.right - left + 2))] = 1
    words = _words(gray)
    total = sum(width for _, _, width in words)
    return sum(width for x, y, width in words if known[y, x]) >= TRUSTED_SHARE * total


def _words(gray: NDArray[np.uint8]) -> list[tuple[int, int, int]]:
    """Middle and width of all that has the size of a word."""
    ink = cv2.adaptiveThreshold(gray, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 25, 15)
    joined = cv2.dilate(ink, np.ones((LINE_GAP, WORD_GAP), np.uint8))
    _, _, found, _ = cv2.connectedComponentsWithStats(joined)
    return [
        (x + width // 2, y + height // 2, width)
        for x, y, width, height, _ in found[1:].tolist()  # the first component is the background
        if MIN_WORD_HEIGHT + LINE_GAP <= height <= MAX_WORD_HEIGHT and width >= MIN_WORD_WIDTH + WORD_GAP
    ]


def _fields(box: _Box, step: float, grid: NDArray[np.uint8]) -> tuple[slice, slice]:
    top, left = max(0, int(box.top / step)), max(0, int(box.left / step))
    return slice(top, int(box.bottom / step) + 1), slice(left, int(box.right / step) + 1)


def _joined(pieces: Sequence[_Box], area: float) -> list[Edges]:
    """The one box of pieces that fill it together, as none does alone; else each piece."""
    edges = [(piece.left, piece.top, piece.right, piece.bottom) for piece in pieces]
    lefts, tops, rights, bottoms = zip(*edges, strict=True)
    whole = (min(lefts), min(tops), max(rights), max(bottoms))
    size = (whole[2] - whole[0]) * (whole[3] - whole[1])
    largest = max((right - left) * (bottom - top) for left, top, right, bottom in edges)
    if len(edges) == 1 or largest >= SOLID * size or area < SOLID * size:
        return edges
    return [whole]
