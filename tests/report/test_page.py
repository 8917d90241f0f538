"""report.html in a real browser: it needs nothing else, everybody can read it, and no file name can do harm."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from pipeline.datadir import files
from pipeline.errors import ErrorCode
from pipeline.languages import REPORTS
from pipeline.report import write_report
from pipeline.run.summary import Summary
from pipeline.settings.sections import ReportLanguage
from tests.support.browser import needs_browser, open_browser
from tests.support.past_runs import failed, write_run

HOSTILE = [
    "30-Aprovados/<img src=x onerror=alert(1)>.pdf",
    '30-Aprovados/"><script>alert(1)</script>.md',
    "30-Aprovados/</style><h1>x</h1>.txt",
    "30-Aprovados/{{ 7 * 7 }} {% raw %}.docx",
    "30-Aprovados/\u202egpj.exe",
    f"30-Aprovados/{'muito-comprido-' * 12}.pdf",
    "30-Aprovados/$\\frac{1}{2}$ &amp; 'aspas'.xlsx",
]
NAMES = [*HOSTILE, *(f"30-Aprovados/Norma {number}.md" for number in range(33))]


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(tmp_path_factory.mktemp("data"), NAMES)


@pytest.fixture(scope="module")
def report(run_folder: Path) -> Path:
    return written(run_folder, "pt")


def written(folder: Path, language: ReportLanguage) -> Path:
    summary = files.read_model(folder / "summary.json", Summary)
    out = folder / f"report-{language}.html"
    write_report(summary, folder, out, language)
    return out


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as opened:
        yield opened


def visit(browser: Browser, file: Path, width: int = 1200, scheme: str = "light") -> Page:
    page = browser.new_page(
        viewport={"width": width, "height": 800}, color_scheme="dark" if scheme == "dark" else "light"
    )
    page.goto(file.as_uri())
    page.eval_on_selector_all("details", "all => all.forEach(one => { one.open = true })")
    return page


@needs_browser
def test_the_report_asks_for_nothing_and_the_console_stays_silent(browser: Browser, report: Path) -> None:
    page = browser.new_page()
    requests: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(report.as_uri(), wait_until="networkidle")
    assert requests == [report.as_uri()]
    assert said == []
    page.close()


@pytest.mark.slow
@needs_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 320])
def test_axe_finds_nothing_that_keeps_people_out(browser: Browser, report: Path, width: int, scheme: str) -> None:
    page = visit(browser, report, width, scheme)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert any(check["id"] == "color-contrast" for check in found.response["passes"]), "contrast was looked at"
    page.close()


@needs_browser
@pytest.mark.parametrize("width", [320, 768])
def test_nothing_scrolls_sideways(browser: Browser, report: Path, width: int) -> None:
    page = visit(browser, report, width)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.close()


@needs_browser
def test_hostile_file_names_are_shown_as_text(browser: Browser, report: Path) -> None:
    page = visit(browser, report)
    shown = page.locator("#changes ~ .columns").text_content() or ""
    for name in HOSTILE:
        assert name.replace("\u202e", r"\u202e") in shown, "written out, and not obeyed"
    assert page.locator("img, script, iframe, object, link").count() == 0
    assert page.locator("h1").count() == 1
    page.close()


@needs_browser
def test_the_plots_are_drawn_with_text_and_described(browser: Browser, report: Path) -> None:
    page = visit(browser, report)
    plots = page.get_by_role("img")
    assert plots.count() == 5
    for title in (REPORTS["pt"].gantt, REPORTS["pt"].throughput, REPORTS["pt"].resources, REPORTS["pt"].tokens):
        assert page.get_by_role("img", name=title).count() == 1
    assert plots.first.locator("text", has_text="Converter").count() == 1
    ids = page.eval_on_selector_all("[id]", "all => all.map(one => one.id)")
    assert len(ids) == len(set(ids))
    page.close()


@pytest.mark.parametrize(("language", "tag"), [("pt", "pt-BR"), ("en", "en")])
def test_the_outcome_is_told_in_both_languages(run_folder: Path, language: ReportLanguage, tag: str) -> None:
    text = written(run_folder, language).read_text(encoding="utf-8")
    assert f'<html lang="{tag}">' in text
    words = REPORTS[language]
    assert f"<h1>{words.finished}</h1>" in text
    assert (
        words.in_step.format(
            alias="nic", commit="c" * 12, documents=f"40 {words.documents}", points=f"160 {words.chunks}"
        )
        in text
    )
    assert words.what_to_do(ErrorCode.CORRUPT) in text


def test_an_unfinished_run_says_so_first(tmp_path: Path) -> None:
    document = failed(NAMES[0], ErrorCode.CHANGED, "it changed", permanent=False)
    folder = write_run(tmp_path, NAMES, outcome="incomplete", failed=(document,), new=38, quarantined=())
    text = written(folder, "en").read_text(encoding="utf-8")
    assert "<h1>Not finished</h1>" in text
    assert "2 of 41 documents were not stored in this run" in text
    assert ErrorCode.CHANGED.remedy in text


def test_the_page_forbids_everything_but_its_own_style(report: Path) -> None:
    text = report.read_text(encoding="utf-8")
    assert "default-src 'none'; style-src 'unsafe-inline'" in text
    addresses = set(re.findall(r"https?://[^\"'\s<)]+", text))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


@pytest.mark.parametrize("code", ErrorCode)
def test_every_error_code_has_portuguese_words(code: ErrorCode) -> None:
    assert REPORTS["pt"].meaning(code)
    assert REPORTS["pt"].what_to_do(code) != code.remedy


def test_numbers_and_times_are_written_as_each_language_does() -> None:
    assert (REPORTS["pt"].number(1234.5, 1), REPORTS["en"].number(1234.5, 1)) == ("1.234,5", "1,234.5")
    assert [REPORTS["pt"].seconds(value) for value in (0.44, 59.4, 125, 12_000)] == [
        "0,4 s",
        "59 s",
        "2 min 5 s",
        "3 h 20 min",
    ]
