"""What is told of many documents: warnings with their documents, missing text with kinds and places."""

from __future__ import annotations

from pipeline.errors.escaping import one_line
from pipeline.run.findings import Collected, Findings, TextCoverage, TextGaps, Warned, findings_of
from pipeline.run.findings_lines import coverage_lines, share, warning_lines
from pipeline.schema import NOT_MEASURED, Conversion, Gap
from tests.support.gaps import FOUND, LEFT_OUT, WARNING, lacking

COMPLETE = Conversion(engine="text", versions={}, ocr_applied=False, quality_score=1, text_coverage=1)


def lacks(coverage: float, words: int = 5) -> Findings:
    return Findings(gaps=TextGaps(text_coverage=coverage, missing=(Gap(kind="header", words=words),)))


def collected(**found: Findings) -> Collected:
    made = Collected()
    for path, findings in found.items():
        made.add(path, findings)
    return made


def test_every_warning_names_its_documents_once() -> None:
    twice = Findings(warnings=("odd", "odd", "strange"))
    found = collected(a=twice, b=Findings(warnings=("odd",)), c=Findings())
    assert found.warned == {
        "odd": Warned(count=2, documents=("a", "b")),
        "strange": Warned(count=1, documents=("a",)),
    }


def test_documents_are_named_by_path_whichever_came_first() -> None:
    every, some = Collected(), Collected(2)
    for number in (7, 3, 9, 0, 8, 1):
        for found in (every, some):
            found.add(f"{number}.md", Findings(warnings=("odd",)))
    assert every.warned["odd"].documents == ("0.md", "1.md", "3.md", "7.md", "8.md", "9.md")
    assert some.warned["odd"] == Warned(count=6, documents=("0.md", "1.md"))


def test_long_lists_are_cut_and_their_counts_are_whole() -> None:
    found = Collected(3)
    for number in range(10):
        found.add(f"{number}.md", Findings(warnings=("odd",), gaps=lacks(0.9 - number / 100).gaps))
    assert found.warned["odd"] == Warned(count=10, documents=("0.md", "1.md", "2.md"))
    coverage = found.text_coverage
    assert (coverage.documents, round(coverage.lowest, 4), coverage.missing) == (10, 0.81, {"header": 50})
    assert [document.path for document in coverage.incomplete] == ["9.md", "8.md", "7.md"]


def test_what_is_left_out_on_purpose_is_counted_and_no_loss() -> None:
    left_out = findings_of(COMPLETE.model_copy(update={"left_out": LEFT_OUT}))
    assert left_out.gaps is None
    assert collected(a=left_out).text_coverage == TextCoverage(left_out={"comment": 7})


def test_a_picture_that_nobody_read_is_missing_though_its_words_are_unknown() -> None:
    unread = COMPLETE.model_copy(update={"missing": (Gap(kind="picture", words=0, places=("picture 1",)),)})
    coverage = collected(a=findings_of(unread)).text_coverage
    assert coverage.documents == 1
    assert list(coverage_lines(coverage, 3)) == [
        "text is missing: 1 document, picture",
        "  a: coverage 1.0000, missing picture (picture 1)",
    ]


def test_what_was_not_measured_is_neither_complete_nor_lacking() -> None:
    unknown = findings_of(COMPLETE.model_copy(update={"text_coverage": None, "warnings": (NOT_MEASURED,)}))
    assert (unknown.gaps, unknown.text_coverage) == (None, None)
    assert findings_of(COMPLETE).text_coverage == 1
    assert collected(a=unknown).warned[NOT_MEASURED].documents == ("a",)


def test_a_complete_document_has_no_findings() -> None:
    assert findings_of(COMPLETE) == Findings()
    assert Findings().model_dump_json(exclude_none=True) == '{"warnings":[]}', "it is written for every document"
    assert findings_of(lacking(COMPLETE)) == FOUND


def test_older_summaries_have_numbers_for_documents() -> None:
    assert Warned.model_validate(13) == Warned(count=13)
    assert list(warning_lines({"odd": Warned(count=13)}, 3)) == ["warning: odd: 13 documents"]


def test_the_first_documents_are_printed_and_the_way_to_all() -> None:
    warned = {WARNING: Warned(count=5, documents=("a", "b", "c", "d", "e"))}
    assert list(warning_lines(warned, 2)) == [
        "warning: Page 3 was not read: 5 documents",
        "  a",
        "  b",
        "  and 3 more: `nic status --json` names them all",
    ]


def test_missing_text_is_printed_with_kinds_counts_and_places() -> None:
    assert list(coverage_lines(collected(a=FOUND, b=lacks(0.5)).text_coverage, 1)) == [
        "text is missing: 2 documents, footnote 40 words, header 5 words, picture",
        "  b: coverage 0.5000, missing header 5 words",
        "  and 1 more: `nic coverage` names them all",
        "left out on purpose: comment 7 words",
    ]
    (_, line, _) = coverage_lines(collected(a=FOUND).text_coverage, 1)
    assert "footnote 40 words (footnote 1; footnote 2; footnote 3; …)" in line


def test_no_name_or_place_of_a_document_steers_the_terminal() -> None:
    assert one_line("a\x1b[2J\nb\u202ec\ud800") == "a\\x1b[2J b\\u202ec\\ud800"
    warned = {"odd": Warned(count=1, documents=("\x1b]0;x\x07.md",))}
    assert all(line.isprintable() for line in warning_lines(warned, 3))
    assert all(line.isprintable() for line in coverage_lines(collected(**{"\x1bx": FOUND}).text_coverage, 3))


def test_what_is_not_complete_never_reads_1() -> None:
    assert (share(0.99999), share(1.0), share(0.91239)) == ("0.9999", "1.0000", "0.9123")
