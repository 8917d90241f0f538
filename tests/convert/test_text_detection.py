"""Lines that a page made smaller hides are found on the page itself; on most pages the smaller one is enough."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from docling.datamodel.accelerator_options import AcceleratorOptions
from fpdf import FPDF
from rapidocr import RapidOCR
from rapidocr.ch_ppocr_det.utils import TextDetOutput

from pipeline.convert.ocr_stage import ReadOnceOptions, _RapidOcr
from pipeline.convert.text_detection import SIDE, Image, TwoStepDetector, shows_more
from tests.support.documents import PARAGRAPH, Draw, image_of, pdf

pytestmark = pytest.mark.slow
LINES = 30
Worsen = Callable[[Image], Image]


def page_of(points: float, grey: int = 0, more: Callable[[FPDF], None] = lambda _: None) -> Image:
    """An A4 page at 150 dpi with so many lines of this size."""

    def draw(page: FPDF) -> None:
        page.set_font("Helvetica", size=points)
        page.set_text_color(grey)
        for number in range(LINES):
            page.text(20, 25 + number * points / 2, PARAGRAPH[number:][:90])
        more(page)

    return image(draw)


def image(draw: Draw) -> Image:
    """A page as a scanner sees it."""
    return np.stack([np.asarray(image_of(pdf(draw)))] * 3, axis=2)


def as_it_is(page: Image) -> Image:
    return page


def badly_scanned(page: Image) -> Image:
    noise = np.random.default_rng(1).normal(0, 12, page.shape)
    scanned: Image = np.clip(cv2.GaussianBlur(page, (0, 0), 1.2) + noise, 0, 255).astype(np.uint8)
    return scanned


class Counting:
    """RapidOCR's detector, which notes how long the longer side is of each page that it looks at."""

    def __init__(self, detector: Any) -> None:
        self.detector = TwoStepDetector(detector)
        self.sides: list[int] = []
        look = detector.session

        def noting(batch: Image) -> Any:
            self.sides.append(max(batch.shape[2:]))
            return look(batch)

        detector.session = noting

    def lines(self, page: Image) -> int:
        """How many are found in two steps."""
        self.sides.clear()
        return len(self.detector(page))

    def lines_at_its_own_size(self, page: Image) -> int:
        return len(self.detector._detect(page, *self.detector._own))


@pytest.fixture(scope="module")
def counting() -> Counting:
    reader: Any = RapidOCR(params={"Global.log_level": "error", "EngineConfig.onnxruntime.intra_op_num_threads": 1})
    return Counting(reader._load_det_model())


@pytest.mark.parametrize("points", [5, 6, 8, 11])
@pytest.mark.parametrize("grey", [0, 150], ids=["black", "grey"])
@pytest.mark.parametrize("worsen", [as_it_is, badly_scanned])
def test_every_line_is_found_whatever_its_size(counting: Counting, points: float, grey: int, worsen: Worsen) -> None:
    """As many as on the page at its own size, which is all of them but for 5 points in grey, badly scanned."""
    page = worsen(page_of(points, grey))
    assert counting.lines(page) >= counting.lines_at_its_own_size(page)


@pytest.mark.parametrize("points", [8, 11])
@pytest.mark.parametrize("worsen", [as_it_is, badly_scanned])
def test_a_usual_page_is_looked_at_once_and_small(counting: Counting, points: float, worsen: Worsen) -> None:
    counting.lines(worsen(page_of(points)))
    assert counting.sides == [SIDE]


def test_a_small_note_at_the_foot_of_a_usual_page_is_found(counting: Counting) -> None:
    def note(page: FPDF) -> None:
        page.set_font("Helvetica", size=5.5)
        page.text(20, 280, "1 Redação dada pela Resolução nº 12, de 3 de março de 2021.")

    assert counting.lines(badly_scanned(page_of(11, more=note))) == LINES + 1
    assert counting.sides[0] == SIDE < counting.sides[1], "the smaller page hid it"


def test_a_line_that_only_the_smaller_page_showed_is_kept(counting: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    """Detection may lose a line at one size that it finds at another; each line is in the result once."""
    page = page_of(11)
    everything = counting.detector._detect(page, SIDE, "max").boxes
    assert everything is not None
    looks = iter([TextDetOutput(page, everything[1:5], [1.0] * 4), TextDetOutput(page, everything[3:] + 1, [1.0] * 27)])
    monkeypatch.setattr(counting.detector, "_detect", lambda *_: next(looks))
    found = counting.detector(page)
    assert found.boxes is not None
    tops = found.boxes[:, 0, 1].astype(int).tolist()
    assert tops == sorted(tops)
    assert len(tops) == len(found.scores or []) == LINES - 1, "all but the first, which neither look showed"


def test_small_light_letters_on_a_dark_bar_are_looked_at_again(counting: Counting) -> None:
    def bar(page: FPDF) -> None:
        page.set_fill_color(20)
        page.rect(15, 250, 180, 12, style="F")
        page.set_text_color(255)
        page.set_font("Helvetica", size=5.5)
        page.text(20, 257, "Publicado no Boletim Oficial de 3 de março de 2021, página 7, segunda coluna.")

    counting.lines(badly_scanned(page_of(11, more=bar)))
    assert counting.sides[0] == SIDE < counting.sides[1], "the smaller page hid it"


def test_rules_and_frames_are_no_words() -> None:
    def table(page: FPDF) -> None:
        for row in range(10):
            page.set_line_width(0.1 + row * 0.05)
            page.rect(20, 20 + 10 * row, 80, 10)
            page.set_line_width(0.2)
            page.line(110, 20 + 10 * row, 190, 21 + 10 * row)

    assert not shows_more(image(table), None)


def test_a_page_that_is_small_already_is_looked_at_as_before(counting: Counting) -> None:
    page = cv2.resize(page_of(11), None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA)
    counting.lines(page)
    assert len(counting.sides) == 1
    assert counting.sides[0] > SIDE, "RapidOCR makes it larger"


def test_a_blank_page_shows_nothing() -> None:
    assert not shows_more(image(lambda _: None), None)


def test_pages_of_documents_are_looked_at_in_two_steps_by_one_detector_a_process() -> None:
    options = ReadOnceOptions(backend="onnxruntime", lang=["iso:pt"])
    stage = _RapidOcr(
        enabled=True, artifacts_path=None, options=options, accelerator_options=AcceleratorOptions(num_threads=1)
    )
    reader: Any = stage.reader
    found = reader._load_det_model()
    assert isinstance(found, TwoStepDetector)
    assert reader._load_det_model() is found
