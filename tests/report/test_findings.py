"""What a run tells of missing text and warnings when it is over: printed, in summary.json and in report.html."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from rich.console import Console

from pipeline.datadir import files
from pipeline.languages import REPORTS
from pipeline.report import printed, write_report
from pipeline.run.findings import TextCoverage
from pipeline.run.summary import SUMMARY_VERSION, Summary
from tests.support.gaps import GAPS, WARNING, lacking
from tests.support.indexed import make_run, run_all
from tests.support.past_runs import write_run

LOSSY = "30-Aprovados/<script>alert(1)</script>\x1b[2J.txt"


@pytest.fixture(scope="module")
def summary(tmp_path_factory: pytest.TempPathFactory) -> Summary:
    """Of a run over five documents, of which one lacks text."""
    folder = tmp_path_factory.mktemp("findings")
    run = make_run(folder / "data")
    texts = {LOSSY: ["lacuna"], **{f"30-Aprovados/{number}.txt": [f"texto {number}"] for number in range(4)}}
    made = run_all(run, "c" * 40, texts, {LOSSY: lacking})
    assert files.read_model(run.data.summary(run.id), Summary) == made
    return made


def page(summary: Summary, folder: Path, language: str) -> str:
    out = folder / "report.html"
    write_report(summary, folder, out, "pt" if language == "pt" else "en")
    return out.read_text(encoding="utf-8")


def test_the_summary_names_the_documents_of_every_warning(summary: Summary) -> None:
    assert summary.schema_version == SUMMARY_VERSION == 3
    assert summary.warnings[WARNING].documents == (LOSSY,)
    unapproved = summary.warnings["approved, but the document names no approver"]
    assert (unapproved.count, len(unapproved.documents)) == (5, 5)


def test_the_summary_says_what_is_missing_and_where(summary: Summary) -> None:
    assert summary.text_coverage
    assert (summary.text_coverage.documents, summary.text_coverage.lowest) == (1, GAPS.text_coverage)
    (document,) = summary.text_coverage.incomplete
    assert (document.path, document.missing) == (LOSSY, GAPS.missing)
    assert summary.text_coverage.left_out == {"comment": 7}


def test_the_run_prints_both_and_where_there_is_more(summary: Summary, capsys: pytest.CaptureFixture[str]) -> None:
    printed.show(summary, Console(soft_wrap=True, highlight=False, width=300))
    lines = capsys.readouterr().out.splitlines()
    shown = LOSSY.replace("\x1b", "\\x1b")
    assert f"  {shown}" in lines[lines.index(f"warning: {WARNING.removesuffix('.')}: 1 document") :]
    assert "  and 2 more: `nic status --json` names them all" in lines
    (line,) = (line for line in lines if "coverage 0.9123" in line)
    assert line.startswith(f"  {shown}: coverage 0.9123, missing footnote 40 words (footnote 1; ")
    assert all(line.isprintable() for line in lines)


def test_a_run_that_worked_on_nothing_prints_no_table_of_stages(
    summary: Summary, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of an empty folder, or one that documents only left; one document is not 1 documents."""
    idle = summary.model_copy(update={"outcome": "finished", "stages": {}, "total": 1, "quarantined": (), "points": 1})
    printed.show(idle, Console(soft_wrap=True, highlight=False, width=300))
    said = capsys.readouterr().out
    assert ": 1 document, 1 chunk\n" in said
    assert "elapsed s" not in said


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("pt", ("0,9123", "nota de rodapé: 40 palavras", "nota de rodapé 1", "planilha &lt;b&gt;Ta", "imagem")),
        ("en", ("0.9123", "footnote: 40 words", "footnote 1", "sheet &lt;b&gt;Ta", "picture")),
    ],
)
def test_the_report_has_a_table_of_missing_text(
    summary: Summary, tmp_path: Path, language: str, told: tuple[str, ...]
) -> None:
    text = page(summary, tmp_path, language)
    (section,) = re.findall(r'<section aria-labelledby="gaps">.*?</section>', text, re.DOTALL)
    assert REPORTS[language].gaps_title in section
    assert REPORTS[language].kind("comment") in section
    for part in told:
        assert part in section
    assert "&lt;script&gt;alert(1)&lt;/<wbr>script&gt;" in section
    assert "<script>" not in text
    assert "<b>" not in text


def test_the_report_names_the_documents_of_every_warning(summary: Summary, tmp_path: Path) -> None:
    text = page(summary, tmp_path, "en")
    (section,) = re.findall(r'<section aria-labelledby="warnings">.*?</section>', text, re.DOTALL)
    assert section.index(WARNING) < section.rindex("&lt;script&gt;alert(1)")
    assert section.count("<wbr>") >= 5


def test_a_long_list_folds_and_says_where_the_rest_is(tmp_path: Path) -> None:
    names = [f"30-Aprovados/{number}.md" for number in range(300)]
    made = files.read_model(write_run(tmp_path, names) / "summary.json", Summary)
    text = page(made, tmp_path, "en")
    assert "<summary>and 290 more</summary>" in text
    assert "and 100 more: <code>nic status --json</code>" in text


def test_a_complete_run_has_no_such_section(tmp_path: Path) -> None:
    made = files.read_model(write_run(tmp_path, ["a.md"]) / "summary.json", Summary)
    assert 'id="gaps"' not in page(made.model_copy(update={"text_coverage": None}), tmp_path, "en")


def test_a_run_that_only_left_text_out_on_purpose_says_that_none_is_missing(tmp_path: Path) -> None:
    made = files.read_model(write_run(tmp_path, ["a.md"]) / "summary.json", Summary)
    made = made.model_copy(update={"text_coverage": TextCoverage(left_out={"footer": 6})})
    assert "No document of this run lacks text." in page(made, tmp_path, "en")
