"""Rectangles and intervals on a page: points, origin top left. Knows nothing of text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from docling_core.types.doc import BoundingBox, CoordOrigin


class Rectangle(Protocol):
    """Anything with four edges."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(slots=True)
class Box:
    """A rectangle; `left <= right`, `top <= bottom`."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def area(self) -> float:
        return self.width * self.height

    @property
    def center_x(self) -> float:
        return (self.left + self.right) / 2

    @property
    def center_y(self) -> float:
        return (self.top + self.bottom) / 2

    def contains(self, x: float, y: float, pad: float = 1.0) -> bool:
        """Is the point inside, allowing `pad` points outside?"""
        return self.left - pad <= x <= self.right + pad and self.top - pad <= y <= self.bottom + pad

    def to_docling(self) -> BoundingBox:
        """With the origin at the top left, as here."""
        return BoundingBox(l=self.left, t=self.top, r=self.right, b=self.bottom, coord_origin=CoordOrigin.TOPLEFT)

    @staticmethod
    def from_docling(box: BoundingBox) -> Box:
        """A box of Docling's whose origin is top left; its corners may come in any order."""
        return Box(min(box.l, box.r), min(box.t, box.b), max(box.l, box.r), max(box.t, box.b))


def union(items: Iterable[Rectangle]) -> Box:
    """The smallest box around all items (at least one)."""
    edges = [(item.left, item.top, item.right, item.bottom) for item in items]
    lefts, tops, rights, bottoms = zip(*edges, strict=True)
    return Box(min(lefts), min(tops), max(rights), max(bottoms))


def overlap(start: float, end: float, other_start: float, other_end: float) -> float:
    """Length that two intervals share."""
    return max(0.0, min(end, other_end) - max(start, other_start))


def overlap_x(one: Rectangle, other: Rectangle) -> float:
    """Points that two rectangles share from left to right; 0 when they are beside each other."""
    return overlap(one.left, one.right, other.left, other.right)


def overlap_y(one: Rectangle, other: Rectangle) -> float:
    """Points that two rectangles share from top to bottom; 0 when they are above each other."""
    return overlap(one.top, one.bottom, other.top, other.bottom)


def shared_area(one: Rectangle, other: Rectangle) -> float:
    """In square points."""
    return overlap_x(one, other) * overlap_y(one, other)


def cluster_positions(values: Iterable[float], tolerance: float = 2.5) -> list[float]:
    """Means of runs of values whose neighbours are at most `tolerance` points apart, ascending."""
    runs: list[list[float]] = []
    for value in sorted(values):
        if runs and value - runs[-1][-1] <= tolerance:
            runs[-1].append(value)
        else:
            runs.append([value])
    return [sum(run) / len(run) for run in runs]
