"""Finds lines of text on a page made smaller, and on the page itself only where the smaller one hides some.

A scan at 150 dpi is larger than detection needs: on half of it the same lines are found in a sixth of the time, down to
letters of 7 points. Smaller or fainter ones show as ink that no line covers.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from rapidocr.ch_ppocr_det.main import TextDetector
from rapidocr.ch_ppocr_det.utils import TextDetOutput

from pipeline.convert.ocr_inference import PageModel, Precision, is_bf16

SIDE = 960
"""Longer side of the smaller page, in pixels: an A4 page has 82 dpi then."""
Image = np.ndarray[Any, np.dtype[Any]]
_INK_SIDE = 1.5 * SIDE  # here letters of 5 points are 5 pixels high
_DARK, _AREA = 128, np.ones((15, 15), np.uint8)
_MARGIN = 7  # around a line, where its letters may stick out
_LETTER_HEIGHT = (4, 40)
_LETTER_AREA = 8
_GAP = np.ones((1, 9), np.uint8)  # between the letters of a word
_WORD_WIDTH, _WORD_AREA = 14, 40
_STROKES = 3  # ruled lines are thinner, on average over their length
_UNEVEN = 0.2  # and as thick everywhere: standard deviation of the columns' ink, of its mean


class TwoStepDetector:
    """In the place of RapidOCR's detector."""

    def __init__(self, detector: TextDetector) -> None:
        self._detector = detector
        self._own: tuple[Any, Any] = detector.limit_side_len, detector.limit_type

    def __call__(self, image: Image) -> TextDetOutput:
        """`image`: (height, width, 3), RGB. Lines as quadrilaterals in its pixels, from top to bottom."""
        longer, shorter = max(image.shape[:2]), min(image.shape[:2])
        if longer <= SIDE or shorter < self._own[0]:  # what is narrower is made larger: a strip, a picture
            return self._detect(image, *self._own)
        found = self._detect(image, SIDE, "max")
        return self._with_second_look(image, found) if shows_more(image, found.boxes) else found

    def _with_second_look(self, image: Image, first: TextDetOutput) -> TextDetOutput:
        """A line that only the smaller page showed is kept: on the page itself it may break up into faint pieces."""
        second = self._detect(image, *self._own)
        if first.boxes is None or second.boxes is None:
            return first if second.boxes is None else second
        alone = _uncovered(first.boxes, second.boxes, image.shape[:2])
        scores = np.concatenate([second.scores, np.array(first.scores)[alone]]).tolist()
        lines = TextDetector.sorted_boxes(np.concatenate([second.boxes, first.boxes[alone]]))
        return TextDetOutput(image, lines, scores)

    def _detect(self, image: Image, side: int, limit: str) -> TextDetOutput:
        self._detector.limit_side_len, self._detector.limit_type = side, limit
        return self._detector(image)


def detect_in_two_steps(reader: Any, precision: Precision) -> None:
    """Make this RapidOCR do so; its models are still loaded at the first page."""
    load = reader._load_det_model

    def load_once() -> TwoStepDetector:
        detector = load()
        if is_bf16(precision):
            detector.session = PageModel(Path(detector.session.session._model_path))
        return TwoStepDetector(detector)

    reader._load_det_model = functools.cache(load_once)


def _uncovered(lines: Image, others: Image, size: tuple[int, ...]) -> Image:
    """Which lines have most of their area outside of the others."""
    covered = cv2.fillPoly(np.zeros(size, np.uint8), list(others.astype(np.int32)), 1)
    return np.array([_mean(covered, line.astype(np.int32)) < 0.5 for line in lines])


def _mean(image: Image, line: Image) -> float:
    """Of the pixels within the line."""
    left, top, width, height = cv2.boundingRect(line)
    mask = cv2.fillPoly(np.zeros((height, width), np.uint8), [line - (left, top)], 1)
    return cv2.mean(image[top : top + height, left : left + width], mask)[0]


def shows_more(image: Image, lines: np.ndarray[Any, np.dtype[Any]] | None) -> bool:
    """Whether something that looks like words is outside of the lines, (count, 4, 2) in pixels of the image."""
    scale = min(1.0, _INK_SIDE / max(image.shape[:2]))
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    known = [np.round(line * scale).astype(np.int32) for line in ([] if lines is None else lines)]
    return _has_words(grey, known) or (_has_dark_areas(grey) and _has_words(255 - grey, known))


def _has_dark_areas(grey: Image) -> bool:
    """On which letters may be light; strokes are narrower."""
    return bool((cv2.dilate(grey, _AREA) < _DARK).any())


def _has_words(grey: Image, known: list[Image]) -> bool:
    """Dark on light."""
    smooth = cv2.GaussianBlur(grey, (0, 0), 0.8)  # scans are full of specks
    ink = cv2.adaptiveThreshold(smooth, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 25, 12)
    for line in known:
        cv2.fillPoly(ink, [line], 0)
        cv2.polylines(ink, [line], isClosed=True, color=0, thickness=_MARGIN)
    letters = _letters(ink)
    _, labels, found, _ = cv2.connectedComponentsWithStats(cv2.morphologyEx(letters, cv2.MORPH_CLOSE, _GAP))
    return any(_is_word(letters, labels, number, found[number]) for number in range(1, len(found)))


def _letters(ink: Image) -> Image:
    """What is as high as letters, and no speck."""
    _, labels, found, _ = cv2.connectedComponentsWithStats(ink)
    height, area = found[:, cv2.CC_STAT_HEIGHT], found[:, cv2.CC_STAT_AREA]
    kept = (height >= _LETTER_HEIGHT[0]) & (height <= _LETTER_HEIGHT[1]) & (area >= _LETTER_AREA)
    kept[0] = False  # the paper
    letters: Image = kept[labels].astype(np.uint8) * 255
    return letters


def _is_word(letters: Image, labels: Image, number: int, stats: Image) -> bool:
    left, top, width, height, area = (int(each) for each in stats)
    if width < _WORD_WIDTH or width < 1.5 * height or area < _WORD_AREA or area < 0.25 * width * height:
        return False
    here = slice(top, top + height), slice(left, left + width)
    columns = ((labels[here] == number) & (letters[here] > 0)).sum(axis=0)
    return bool(columns.mean() >= _STROKES and columns.std() >= _UNEVEN * columns.mean())
