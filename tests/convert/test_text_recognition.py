"""Lines are read with the characters they can hold and without specks, and of an illegible page only a few."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL.Image import Image as Picture
from rapidocr import RapidOCR
from rapidocr.ch_ppocr_rec.typings import TextRecInput, TextRecOutput

from pipeline.convert.reading import Glance
from pipeline.convert.text_recognition import SAMPLE, Image, LineReader, read_lines, without_specks
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


class Recognizer:
    """RapidOCR's, of whose lines the lighter score higher, or the darker; it notes how many it was given."""

    def __init__(self, *, likes_light: bool = True) -> None:
        self.given: list[int] = []
        self.likes_light = likes_light

    def __call__(self, given: TextRecInput) -> TextRecOutput:
        lines: Any = given.img
        self.given.append(len(lines))
        widths: Any = tuple(str(each.shape[1]) for each in lines)
        return TextRecOutput(
            lines, widths, [each.mean() / 255 if self.likes_light else 5 * (1 - each.mean() / 255) for each in lines]
        )


def lines_of(grey: int) -> list[Image]:
    return [np.full((30, width, 3), grey, np.uint8) for width in range(100, 120)]


@pytest.fixture(scope="module")
def readers() -> dict[str, Any]:
    """RapidOCR's own recogniser, and ours for Portuguese and Chinese."""
    whole: Any = RapidOCR(params=PARAMETERS)
    found = {"own": whole._load_rec_model()}
    for language in ("pt", "ch"):
        reader: Any = RapidOCR(params=PARAMETERS)
        read_lines(reader, [language], Glance())
        found[language] = reader._load_rec_model()
    return found


@pytest.mark.slow
def test_a_line_is_read_as_by_the_whole_model(readers: dict[str, Any]) -> None:
    given = TextRecInput(img=[line()])
    own, ours = readers["own"](given), readers["pt"](given)
    assert ours.txts == own.txts == (TEXT,)
    assert ours.scores == pytest.approx(own.scores, abs=0.01)


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


@pytest.mark.parametrize("likes_light", [True, False])
def test_specks_are_taken_away_where_that_reads_better(likes_light: bool) -> None:
    soiled = dusty(line())
    recognizer: Any = Recognizer(likes_light=likes_light)
    found: Any = LineReader(recognizer, Glance())(TextRecInput(img=[soiled]))
    smooth = without_specks([soiled])[0]
    assert smooth.mean() > soiled.mean()
    assert found.scores == pytest.approx([smooth.mean() / 255 if likes_light else 5 * (1 - soiled.mean() / 255)])


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
