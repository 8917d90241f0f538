"""evaluation.html in a real browser: it needs nothing else, everybody can read it, and no question can do harm."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from pipeline.evaluation.evaluate import Evaluation, Subject, evaluate
from pipeline.evaluation.page import drawing, render
from pipeline.evaluation.questions import Question
from pipeline.search import Hit
from tests.support.browser import needs_browser, open_browser

HOSTILE = '<img src=x onerror=alert(1)> {{ 7 * 7 }} "><script>alert(1)</script>'


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as opened:
        yield opened


def path(number: int) -> str:
    return f"30-Aprovados/Procedimentos/procedimentos-administrativos-e-operacionais/{number}.pdf"


def find_all(texts: list[str], _: int) -> list[list[Hit]]:
    return [[hit(path(number))] for number in range(len(texts))]


def find_every_second(texts: list[str], _: int) -> list[list[Hit]]:
    return [[hit(path(number))] if number % 2 else [] for number in range(len(texts))]


def hit(path: str) -> Hit:
    return Hit(
        path=path,
        score=1,
        text="dez dias",
        title="",
        headings=(HOSTILE,),
        page_numbers=(),
        document_id="",
        chunk_index=0,
    )


@pytest.fixture(scope="module")
def made() -> Evaluation:
    questions = [
        Question(qid=f"{n}", question=f"{HOSTILE} {n}", path=path(n), lang="pt", kind="pdf", answers=("dez dias",))
        for n in range(12)
    ]
    crossed = Question(qid="x", question="?", path=path(12), lang="en", cross_lingual=True)
    subject = Subject(collection="nic__1", embedding_model="bundled", commit="c" * 40)
    ways = {"hybrid": find_all, "dense": find_every_second, "sparse": find_every_second, "reranked": find_all}
    return evaluate([*questions, crossed], ways, subject)


@pytest.fixture(scope="module")
def page(made: Evaluation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("evaluation") / "evaluation.html"
    file.write_text(render(made), encoding="utf-8")
    return file


def test_the_ways_of_searching_are_summed_up_apart(made: Evaluation) -> None:
    means = {way: outcome.overall.measures["hit_at_1"].mean for way, outcome in made.outcomes.items()}
    assert means == {"hybrid": 1.0, "dense": 0.5, "sparse": 0.5, "reranked": 1.0}
    hybrid, dense = made.outcomes["hybrid"], made.outcomes["dense"]
    assert (hybrid.worst, [answer.qid for answer in dense.worst]) == ([], ["0", "2", "4", "6", "8", "10", "x"])
    assert hybrid.cross_lingual is not None
    assert (hybrid.overall.questions, hybrid.cross_lingual.questions) == (12, 1)
    assert set(hybrid.by_language) == {"pt"}
    assert made.time <= datetime.now(UTC)


@pytest.mark.slow
@needs_browser
@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (320, "dark")])
def test_the_page_is_whole_readable_and_harmless(browser: Browser, page: Path, width: int, scheme: str) -> None:
    opened = browser.new_page(
        viewport={"width": width, "height": 800}, color_scheme="dark" if scheme == "dark" else "light"
    )
    requests: list[str] = []
    said: list[str] = []
    opened.on("request", lambda request: requests.append(request.url))
    opened.on("console", lambda message: said.append(message.text))
    opened.goto(page.as_uri(), wait_until="networkidle")
    assert (requests, said) == ([page.as_uri()], [])
    assert opened.evaluate("document.documentElement.scrollWidth") == width
    found = Axe().run(opened)
    assert found.violations_count == 0, found.generate_report()
    assert HOSTILE in (opened.text_content("main") or "")
    assert opened.locator("img, script, iframe").count() == 0
    label = opened.locator("td").first.evaluate("cell => getComputedStyle(cell, '::before').content")
    assert (label == '"hit@1 "') is (width == 320)
    drawn = opened.locator(".plot text").first.bounding_box()
    assert drawn
    assert drawn["height"] > 9, "what is written in the drawing can be read on a phone"
    opened.close()


def test_measures_that_no_question_has_get_no_column() -> None:
    """Few write down the words of the answer: then nothing on the page asks for them."""
    questions = [Question(qid="1", question="?", path=path(0))]
    subject = Subject(collection="nic__1", embedding_model="bundled", commit="c" * 40)
    shown = render(evaluate(questions, {"hybrid": find_all}, subject))
    assert "nDCG@10" in shown
    assert "answer@" not in shown


def test_the_axis_of_shares_ends_at_100_per_cent(made: Evaluation) -> None:
    (axes,) = drawing(made.outcomes).axes
    assert axes.get_xlim() == (0, 1)
