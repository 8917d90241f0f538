"""Watermarks: large, often pale text across a page or under its other text. No headings, in no row or paragraph."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

import numpy as np
from docling.datamodel.base_models import Page

from pipeline.convert.pdf.boxes import Box, overlap_x, overlap_y
from pipeline.convert.pdf.lines import SLANT_DEGREES, Line, Word

LARGE = 1.5  # to the usual text size of the page, for slanted text
HUGE = 2.2  # the same for text that runs as the rest does
MIN_POINTS = 20.0
CROSSED_LINES = 2  # that lie over a watermark
PALE = 150  # of 255: the darkest part of pale letters
DARKEST_PERCENT = 2


def find_watermarks(lines: Sequence[Line], page: Page) -> list[Line]:
    """Those of the lines that are watermarks."""
    large = [line for line in lines if not line.from_ocr and text_size(line) >= MIN_POINTS]
    if not large:
        return []
    usual = statistics.median(text_size(line) for line in lines)
    return [line for line in large if _is_watermark(line, lines, usual, page)]


def words_outside(words: Sequence[Word], watermarks: Sequence[Line]) -> list[Word]:
    """The words that belong to no watermark; one of its own is about as high as it is."""
    return [word for word in words if not any(_is_word_of(word, line) for line in watermarks)]


def text_size(line: Line) -> float:
    """Height of the letters in points, in whatever direction they run."""
    if not line.turned:
        return line.size
    rect = line.cells[0].rect
    return math.dist((rect.r_x0, rect.r_y0), (rect.r_x3, rect.r_y3))


def _is_watermark(line: Line, lines: Sequence[Line], usual: float, page: Page) -> bool:
    size = text_size(line)
    if SLANT_DEGREES < line.angle % 90 < 90 - SLANT_DEGREES:
        return len(lines) == 1 or size >= LARGE * usual
    if size < HUGE * usual or len(lines) == 1:
        return False
    return sum(_lies_over(other, line) for other in lines if other is not line) >= CROSSED_LINES or _is_pale(line, page)


def _lies_over(other: Line, line: Line) -> bool:
    shared = overlap_x(line, other) * overlap_y(line, other)
    return shared > 0.3 * min(other.area, line.area) and text_size(other) < text_size(line) / 1.5


def _is_pale(line: Line, page: Page) -> bool:
    """The page's picture tells: the parser does not give the colour of text."""
    image = page.get_image(scale=1.0)
    if image is None:
        return False
    box = (max(0, int(line.left)), max(0, int(line.top)), int(line.right) + 1, int(line.bottom) + 1)
    pixels = np.asarray(image.convert("L").crop(box))
    return bool(pixels.size) and bool(np.percentile(pixels, DARKEST_PERCENT) > PALE)


def _is_word_of(word: Word, line: Line) -> bool:
    box: Box = line
    return (
        word.text in line.text
        and box.contains(word.box.center_x, word.box.center_y)
        and (word.box.height >= 0.7 * text_size(line))
    )
