"""A conversion carries its coverage; a file that misleads the reader that counts is converted nonetheless."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.convert import conversion, text
from pipeline.convert.coverage import LEFT_OUT, Coverage, LeftOut, PassageKind, warnings_of
from pipeline.convert.coverage.readers import passages_of
from pipeline.convert.coverage.sentences import NOT_READ
from pipeline.languages import REPORTS
from pipeline.schema import NOT_MEASURED, Gap
from tests.support.documents import converted
from tests.support.paths import ROOT

NEVER_MISSING = {
    *(PassageKind.COMMENT, PassageKind.DELETED, PassageKind.HIDDEN_TEXT, PassageKind.LAYER_OFF),
    *(PassageKind.SLIDE_MASTER, PassageKind.PROPERTIES),
}


def test_a_complete_document_has_coverage_one_and_no_warning(tmp_path: Path) -> None:
    source = tmp_path / "norma.txt"
    source.write_text("A norma vale para todos os servidores.", encoding="utf-8")
    _, facts = converted(source)
    assert facts.text_coverage == 1
    assert (facts.missing, facts.left_out, facts.warnings) == ((), (), ())


def test_what_is_missing_is_recorded_with_kind_and_place_and_without_its_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "norma.txt"
    source.write_text("A norma vale.\n\nO segredo está aqui.", encoding="utf-8")
    monkeypatch.setattr(text, "decode", lambda data: ("A norma vale.", []))
    _, facts = converted(source)
    assert facts.missing == (Gap(kind="body", words=4, places=("line 3",)),)
    assert facts.text_coverage == pytest.approx(3 / 7)
    assert facts.warnings == (NOT_READ[PassageKind.BODY],)
    assert "segredo" not in facts.model_dump_json()


def test_a_reader_that_fails_does_not_fail_the_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise ValueError("the text of the document")

    source = tmp_path / "norma.txt"
    source.write_text("A norma vale.", encoding="utf-8")
    monkeypatch.setattr(conversion, "measure", fails)
    document, facts = converted(source)
    assert document.texts[0].text == "A norma vale."
    assert facts.warnings == (NOT_MEASURED,)
    assert facts.text_coverage is None


def test_a_format_that_nothing_counts_is_an_error() -> None:
    with pytest.raises(KeyError):
        passages_of(b"", "unknown", {})


@pytest.mark.parametrize("kind", [kind for kind in PassageKind if kind not in NEVER_MISSING])
def test_every_kind_that_can_be_missing_has_a_sentence_in_both_languages(kind: PassageKind) -> None:
    assert REPORTS["pt"].translated(NOT_READ[kind]) not in (None, NOT_READ[kind])


def test_that_nothing_was_measured_is_said_in_portuguese() -> None:
    assert REPORTS["pt"].translated(NOT_MEASURED)


def test_there_is_one_warning_a_kind_with_no_number_in_it() -> None:
    gaps = (Gap(kind="footnote", words=12, places=("footnote 1",)), Gap(kind="picture", words=0))
    warnings = warnings_of(Coverage(0.9, gaps))
    assert len(warnings) == 2
    assert not re.search(r"\d", "".join(warnings))


def test_the_page_lists_all_that_is_left_out_on_purpose() -> None:
    page = (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8")
    listed = page.partition("## What is left out on purpose")[2]
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \|$", listed, re.M)
    assert rows == [(reason.value, LEFT_OUT[reason]) for reason in LeftOut]


def test_the_page_names_every_kind() -> None:
    page = (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8")
    assert [kind for kind in PassageKind if f"`{kind}`" not in page] == []
