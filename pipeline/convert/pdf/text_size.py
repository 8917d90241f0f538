"""Text sizes out of word boxes. Some PDFs give boxes as high as the ink, which depends on the letters in the word."""

from __future__ import annotations

import re
import statistics
from collections import defaultdict
from collections.abc import Iterable
from typing import Protocol

from pipeline.convert.pdf.boxes import Box

# Parts of the font size, of common text faces: how far letters reach above and below the line they stand on.
TALL, SHORT, DEEP = 0.69, 0.45, 0.2
BRACKET_UP, BRACKET_DOWN = 0.75, 0.25
TIGHT_RATIO = 1.12  # of words with descenders to words without, in one font; 1.0 where boxes follow the font
MIN_WORDS = 5
BRACKETS = re.compile(r"[()\[\]{}|/§]")
TALL_LETTERS = re.compile(r"[^\W_acegmnopqrsuvwxyz]|[áàâãéêíóôõúüñ]")
DEEP_LETTERS = re.compile(r"[gjpqyçQ,;]")


class SizedWord(Protocol):
    """A word with its box and font."""

    box: Box
    text: str
    font: str


class TextSizes:
    """Estimates sizes for the words of one page."""

    def __init__(self, words: Iterable[SizedWord]) -> None:
        heights: dict[tuple[str, bool], list[float]] = defaultdict(list)
        for word in words:
            if TALL_LETTERS.search(word.text) and not BRACKETS.search(word.text):
                heights[word.font, bool(DEEP_LETTERS.search(word.text))].append(word.box.height)
        # One font shows how the writer of the PDF gives all boxes; headings have too few words to tell.
        self._tight = any(_is_tight(heights, font) for font, deep in heights if deep)

    def size(self, word: SizedWord) -> float:
        """Size of the word in points: its box's height, corrected for its letters where boxes follow the ink."""
        if not self._tight:
            return word.box.height
        up, down = TALL if TALL_LETTERS.search(word.text) else SHORT, 0.0
        if DEEP_LETTERS.search(word.text):
            down = DEEP
        if BRACKETS.search(word.text):
            up, down = BRACKET_UP, BRACKET_DOWN
        return word.box.height / (up + down)


def _is_tight(heights: dict[tuple[str, bool], list[float]], font: str) -> bool:
    deep, even = heights[font, True], heights.get((font, False), [])
    if len(deep) < MIN_WORDS or len(even) < MIN_WORDS:
        return False
    return statistics.median(deep) > TIGHT_RATIO * statistics.median(even)
