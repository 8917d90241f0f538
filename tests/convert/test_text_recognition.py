"""Lines are read with the characters they can hold and without specks, and of an illegible page only a few."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL.Image import Image as Picture
from rapidocr import RapidOCR
from rapidocr.ch_ppocr_rec.typings import TextRecInput, TextRecOutput

from pipeline.convert.ocr_inference import LineModel
from pipeline.convert.reading import Glance
from pipeline.convert.text_recognition import (
    SAMPLE,
    Image,
    LineReader,
    forget_wide_characters,
    read_lines,
    without_specks,
)
from tests.support.documents import image_of, pdf, prose

TEXT = "Coordenadoria de Pós-Graduação: até 14 de novembro"
PARAMETERS = {"Global.log_level": "error", "EngineConfig.onnxruntime.intra_op_num_threads": 1, "Rec.rec_batch_num": 1}


def line(dots_per_inch: int = 200) -> Image:
    """The line of text as it is cut out of a page."""
    return cut_out(image_of(pdf(prose(TEXT)), dots_per_inch=dots_per_inch))


def cut_out(page: Picture) -> Image:
    left, top, right, bottom = page.point(lambda grey: 255 - grey).getbbox() or (0, 0, 0, 0)
    margin = round((bottom - top) / 3)
    return np.stack([np.asarray(page.crop((left - margin, top - margin, right + margin, bottom + margin)))] * 3, axis=2)


def dusty(clean: Image) -> Image:
    """Specks of two pixels just above the small letters, where accents are."""
    soiled = clean.copy()
    height, width = clean.shape[:2]
    for column in range(height, width - 2, height // 2):
        ink = np.flatnonzero(clean[:, column, 0] < 128)
        if len(ink) and ink[0] > height // 3:
            soiled[ink[0] - 4 : ink[0] - 2, column : column + 2] = 0
    return soiled


def lightness(line: Image) -> float:
    return float(line.mean() / 255)


def darkness(line: Image) -> float:
    return 1 - lightness(line)


class Recognizer:
    """RapidOCR's, whose lines say how wide they are; it notes how many it was given."""

    def __init__(self, score: Callable[[Image], float] = lightness) -> None:
        self.given: list[int] = []
        self._score = score

    def __call__(self, given: TextRecInput) -> TextRecOutput:
        lines: Any = given.img
        self.given.append(len(lines))
        widths: Any = tuple(str(each.shape[1]) for each in lines)
        return TextRecOutput(lines, widths, list(map(self._score, lines)))


def lines_of(grey: int) -> list[Image]:
    return [np.full((30, width, 3), grey, np.uint8) for width in range(100, 120)]


@pytest.fixture(scope="module")
def readers() -> dict[str, Any]:
    """RapidOCR's own recogniser, and ours for Portuguese and Chinese."""
    whole: Any = RapidOCR(params=PARAMETERS)
    found = {"own": whole._load_rec_model()}
    for language in ("pt", "ch"):
        reader: Any = RapidOCR(params=PARAMETERS)
        read_lines(reader, "fp32", [language], Glance())
        found[language] = reader._load_rec_model()
    narrow: Any = RapidOCR(params=PARAMETERS)
    recognizer = narrow._load_rec_model()
    found["quick"] = LineReader(recognizer, Glance(), LineModel(forget_wide_characters(recognizer)))
    return found


@pytest.mark.slow
def test_a_line_is_read_as_by_the_whole_model(readers: dict[str, Any]) -> None:
    given = TextRecInput(img=[line()])
    own, *ours = (readers[name](given) for name in ("own", "pt", "quick"))
    assert own.txts == (TEXT,)
    for found in ours:
        assert found.txts == own.txts
        assert found.scores == pytest.approx(own.scores, abs=0.01)


@pytest.mark.slow
def test_only_languages_that_have_them_are_read_with_east_asian_characters(readers: dict[str, Any]) -> None:
    characters = {name: set(readers[name]._recognizer.postprocess_op.character) for name in ("pt", "ch")}
    assert {"文", "カ"} <= characters["ch"]
    assert not {"文", "カ", "，"} & characters["pt"]
    assert {"ã", "ü", "ő", "€", "º", "§", "α", "≤", "—", " "} <= characters["pt"]


@pytest.mark.slow
def test_dust_above_letters_is_no_accent(readers: dict[str, Any]) -> None:
    given = TextRecInput(img=[dusty(line())])
    assert readers["own"](given).txts != (TEXT,), "the dust is where it hurts"
    assert readers["pt"](given).txts == (TEXT,)


def test_lines_without_specks_and_small_ones_stay_as_they_are() -> None:
    for lines in ([line()], [dusty(line(100))]):
        assert [each is same for each, same in zip(lines, without_specks(lines), strict=True)] == [True]


@pytest.mark.parametrize(
    ("height", "ink", "parts"),
    [(50, (16, 50), 3), (50, (0, 34), 3), (50, (0, 50), 0), (40, (16, 40), 0), (90, (30, 60), 0)],
    ids=["something above", "something below", "a heading", "hardly higher", "two lines"],
)
def test_of_a_line_whose_box_is_too_high_a_part_is_read(height: int, ink: tuple[int, int], parts: int) -> None:
    high = np.full((height, 200, 3), 255, np.uint8)
    high[slice(*ink)] = 0
    others = [np.full((34, 100, 3), 0, np.uint8)] * 3
    recognizer: Any = Recognizer(darkness)
    found = LineReader(recognizer, Glance())(TextRecInput(img=[high, *others]))
    assert recognizer.given[1:] == [parts] * bool(parts)
    assert found.scores[0] == pytest.approx(1.0 if parts else (ink[1] - ink[0]) / height)


@pytest.mark.parametrize(("score", "is_smooth"), [(lightness, True), (lambda line: 5 * darkness(line), False)])
def test_specks_are_taken_away_where_that_reads_better(score: Callable[[Image], float], is_smooth: bool) -> None:
    soiled = dusty(line())
    recognizer: Any = Recognizer(score)
    found: Any = LineReader(recognizer, Glance())(TextRecInput(img=[soiled]))
    smooth = without_specks([soiled])[0]
    assert smooth.mean() > soiled.mean()
    assert found.scores == pytest.approx([score(smooth if is_smooth else soiled)])


def test_what_is_not_read_surely_is_read_again_in_full_precision() -> None:
    """Else words of poor scans are lost that were found before."""
    own, quick, used = object(), object(), []

    class Twice(Recognizer):
        session: Any = own

        def __call__(self, given: TextRecInput) -> TextRecOutput:
            used.append(self.session)
            return super().__call__(given)

    recognizer: Any = Twice(lambda line: 0.98 if line.shape[1] % 2 else 0.96)
    lines = [np.full((30, width, 3), 250, np.uint8) for width in range(100, 104)]
    found = LineReader(recognizer, Glance(), quick)(TextRecInput(img=lines))  # type: ignore[arg-type]
    assert (recognizer.given, used) == ([4, 2], [quick, own])
    assert recognizer.session is own
    assert found.txts
    assert list(found.txts) == ["100", "101", "102", "103"]


def test_a_page_without_lines_says_nothing() -> None:
    recognizer: Any = Recognizer()
    assert not LineReader(recognizer, Glance())(TextRecInput(img=[])).txts


def test_of_a_page_that_reads_badly_only_the_longest_lines_are_read() -> None:
    recognizer: Any = Recognizer()
    glance = Glance(least_score=0.8)
    found = LineReader(recognizer, glance)(TextRecInput(img=lines_of(grey=100)))
    assert recognizer.given == [SAMPLE]
    assert glance.stopped
    assert [text for text in found.txts or () if text] == [str(width) for width in range(115, 120)]
    assert set(found.scores) == {0.0, 0.5}, "RapidOCR would throw away what scores less"


@pytest.mark.parametrize(("grey", "least_score"), [(250, 0.8), (100, 0.0)], ids=["legible", "to be read to its end"])
def test_any_other_page_is_read_to_its_end(grey: int, least_score: float) -> None:
    glance = Glance(least_score)
    recognizer: Any = Recognizer()
    found = LineReader(recognizer, glance)(TextRecInput(img=lines_of(grey)))
    assert not glance.stopped
    assert list(found.txts or ()) == [str(width) for width in range(100, 120)], "in the order in which they were given"
