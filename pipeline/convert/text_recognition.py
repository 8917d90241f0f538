"""Reads the lines of a page: with the characters they can hold, without specks, and no page that lies on its side.

The model tells 18,708 characters apart, of which all but 2,000 are East Asian. A sixth of its time goes to them.
"""

from __future__ import annotations

import functools
import statistics
import unicodedata
from collections.abc import Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
from onnx import numpy_helper
from onnxruntime import InferenceSession
from rapidocr.ch_ppocr_rec.main import TextRecognizer
from rapidocr.ch_ppocr_rec.typings import TextRecInput, TextRecOutput
from rapidocr.inference_engine.onnxruntime.main import OrtInferSession

from pipeline.convert.ocr_inference import LineModel, Precision, is_bf16
from pipeline.convert.reading import Glance

Image = np.ndarray[Any, np.dtype[Any]]
Read = dict[int, tuple[str, float]]
"""Text and score of lines, by their number."""
WIDE = frozenset("WFH")  # of Unicode's East Asian widths: two columns, or half a column of an East Asian character
WIDE_LANGUAGES = frozenset({"ch", "chinese_cht", "japan", "korean"})  # as RapidOCR names them
SAMPLE = 5
"""Lines of a page that are read to see whether it stands upright."""
_WORSE = 0.015  # of the score: letters that the filter spoils lose twice as much, others gain or lose half of it
_DOUBTFUL, _CLEARLY = 0.8, 0.1  # scores: hardly any word of such a line is right; by how much a part has to be better
_TOO_HIGH = 0.25
_UNSURE = 0.97  # scores under which bfloat16 loses words: one line of twenty on a usual scan, all of a bad one
LEAST_KEPT = 0.5  # RapidOCR throws away what scores less
_LARGE = 36
"""Height of a line in pixels from which its thinnest strokes are wider than a speck of two: about 160 dpi."""


class LineReader:
    """In the place of RapidOCR's recogniser."""

    def __init__(self, recognizer: TextRecognizer, glance: Glance, quick: LineModel | None = None) -> None:
        """`quick`: the same model, which reads as well where it is sure."""
        self._recognizer, self._glance, self._quick = recognizer, glance, quick

    def __call__(self, given: TextRecInput) -> TextRecOutput:
        """Lines that were not read are empty, those that were say at least in which direction they run."""
        images: Any = given.img  # a list, as lines are always cut out of a page
        longest = sorted(range(len(images)), key=lambda number: -images[number].shape[1] / images[number].shape[0])
        sample, rest = longest[:SAMPLE], longest[SAMPLE:]
        lines, read = self._sampled(images, sample)
        if rest and _score(read) < self._glance.least_score:
            self._glance.stopped = True
            read = {number: (text, max(score, LEAST_KEPT)) for number, (text, score) in read.items()}
        else:
            if rest:
                read |= self._read(lines, rest)
            read |= self._read_narrowed(lines, read)
        texts: Any = tuple(read[number][0] if number in read else "" for number in range(len(images)))
        scores: Any = tuple(read[number][1] if number in read else 0.0 for number in range(len(images)))
        no_words: Any = (None,) * len(images)
        return TextRecOutput(images, texts, scores, no_words)

    def _sampled(self, lines: Sequence[Image], sample: Sequence[int]) -> tuple[Sequence[Image], Read]:
        """The lines without specks, unless they then read clearly worse, and what the sample says."""
        smooth, read = without_specks(lines), self._read(lines, sample)
        if all(smooth[number] is lines[number] for number in sample):
            return lines, read
        read_smooth = self._read(smooth, sample)
        return (smooth, read_smooth) if _score(read_smooth) >= _score(read) - _WORSE else (lines, read)

    def _read_narrowed(self, lines: Sequence[Image], read: Read) -> Read:
        """Lines that read badly and are higher than others by less than a line, where a part of that height reads
        better: the edge of a stamp, or of the next line, had made their box too high."""
        doubtful = {number: score for number, (_, score) in read.items() if score < _DOUBTFUL}
        usual = statistics.median_high(line.shape[0] for line in lines) if doubtful else 0
        better: Read = {}
        for number, score in doubtful.items():
            spare = lines[number].shape[0] - usual
            if _TOO_HIGH * usual < spare < usual:
                parts = [lines[number][top : top + usual] for top in (0, spare // 2, spare)]
                best = max(self._read(parts, range(len(parts))).values(), key=itemgetter(1))
                if best[1] > score + _CLEARLY:
                    better[number] = best
        return better

    def _read(self, lines: Sequence[Image], numbers: Sequence[int]) -> Read:
        if self._quick is None:
            return self._recognized(lines, numbers)
        own, self._recognizer.session = self._recognizer.session, self._quick
        try:
            read = self._recognized(lines, numbers)
        finally:
            self._recognizer.session = own
        return read | self._recognized(lines, [number for number in numbers if read[number][1] < _UNSURE])

    def _recognized(self, lines: Sequence[Image], numbers: Sequence[int]) -> Read:
        if not numbers:
            return {}
        found: Any = self._recognizer(TextRecInput(img=[lines[number] for number in numbers]))
        return dict(zip(numbers, zip(found.txts, found.scores, strict=True), strict=True))


def _score(read: Read) -> float:
    return statistics.mean(score for _, score in read.values())


def read_lines(reader: Any, precision: Precision, languages: Sequence[str], glance: Glance) -> None:
    """Make this RapidOCR read so; its models are still loaded at the first page."""
    load = reader._load_rec_model

    def load_once() -> LineReader:
        recognizer = load()
        model: Path | bytes = Path(recognizer.session.session._model_path)
        if WIDE_LANGUAGES.isdisjoint(languages):
            model = forget_wide_characters(recognizer)
        return LineReader(recognizer, glance, LineModel(model) if is_bf16(precision) else None)

    reader._load_rec_model = functools.cache(load_once)


def without_specks(lines: Sequence[Image]) -> list[Image]:
    """Dust above a letter reads as an accent. On a page with specks, what is as small goes from its large lines.

    Where those are large but their letters small, these suffer, too: the score says so.
    """
    smooth = [cv2.medianBlur(line, 3) if line.shape[0] >= _LARGE else line for line in lines]
    has_specks = any(_shows_specks(*pair) for pair in zip(lines, smooth, strict=True) if pair[0] is not pair[1])
    return smooth if has_specks else list(lines)


def _shows_specks(line: Image, smooth: Image) -> bool:
    """Whether whole pieces of ink are gone, not merely the edges of strokes; a single one may be a stop."""
    line, smooth = line[..., 0], smooth[..., 0]
    middle, _ = cv2.threshold(smooth, 0, 255, cv2.THRESH_OTSU)
    count, pieces = cv2.connectedComponents((line < middle).astype(np.uint8))
    left = np.unique(pieces[(line < middle) & (smooth < middle)])
    return count - 1 - len(left) > 1


def forget_wide_characters(recognizer: TextRecognizer) -> bytes:
    """Cut the model's last layer down to the other characters; theirs are read as before. Returns the model."""
    characters: list[str] = recognizer.postprocess_op.character  # the first stands for "none"
    kept = [number for number, each in enumerate(characters) if number == 0 or not _is_wide(each)]
    model = onnx.load(recognizer.session.session._model_path)
    for weights in model.graph.initializer:
        if weights.dims and weights.dims[-1] == len(characters):
            weights.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(weights)[..., kept], weights.name))
    del model.graph.value_info[:]
    for output in model.graph.output:
        output.type.tensor_type.shape.dim[-1].dim_value = len(kept)
    configuration: Any = recognizer.cfg
    options = OrtInferSession._init_sess_opts(configuration.engine_cfg)
    content: bytes = model.SerializeToString()
    recognizer.session.session = InferenceSession(content, options, recognizer.session.session.get_providers())
    recognizer.postprocess_op.character = [characters[number] for number in kept]
    return content


def _is_wide(character: str) -> bool:
    return any(unicodedata.east_asian_width(each) in WIDE for each in character)
