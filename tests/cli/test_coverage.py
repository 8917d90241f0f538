"""`nic coverage`, and what `nic status` and `nic watch` tell of missing text and warnings."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from pipeline.run.events import RunLog
from pipeline.schema import Stage
from tests.cli.test_cli import command
from tests.conftest import Workspace, lasting_workspace, open_workspace
from tests.support.gaps import FOUND, GAPS, WARNING, lose_text, lossy_conversion
from tests.support.past_runs import RUN_ID, begun, ended, write_log

__all__ = ["lossy_conversion"]  # a fixture
LOSSY, WHOLE = "30-Aprovados/lacuna.txt", "30-Aprovados/inteiro.txt"
UNAPPROVED = "approved, but the document names no approver"


@dataclass(frozen=True)
class Passage:
    """As `pipeline.convert.coverage` gives it."""

    kind: str
    place: str
    text: str
    left_out: str | None


@pytest.fixture(scope="module")
def published_once(tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> Path:
    """The folder of a workspace after a run that loses text, to be copied for each test."""
    folder = tmp_path_factory.mktemp("published")
    with lasting_workspace(folder / "now", models_dir) as made:
        lose_text(made.monkeypatch)
        made.write("lacuna.txt", "LACUNA: o prazo é de dez dias.")
        made.write("inteiro.txt", "O prazo é de vinte dias.")
        (made.root / "30-Aprovados" / "quebrado.pdf").write_bytes(b"%PDF-1.7 broken")
        made.run_all()
    return (folder / "now").rename(folder / "kept")


@pytest.fixture
def published(published_once: Path, models_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """Where it was then, for listings depend on where their folder is."""
    folder = published_once.with_name("now")
    with open_workspace(folder, models_dir, monkeypatch, copied_from=published_once) as made:
        yield made
    shutil.rmtree(folder)


@pytest.fixture
def passages(monkeypatch: pytest.MonkeyPatch) -> list[tuple[bytes, str]]:
    """Two lost passages; what they were asked of is in the list."""
    asked: list[tuple[bytes, str]] = []

    def lost_passages(data: bytes, kind: str, document: object) -> list[Passage]:
        asked.append((data, kind))
        return [
            Passage("footnote", "footnote 1", "o prazo\x1b]0;x\x07 [bold]corre[/bold] em dobro\u202e", None),
            Passage("comment", "comments 1", "rever", "comment"),
        ]

    module = ModuleType("pipeline.convert.coverage")
    module.lost_passages = lost_passages  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pipeline.convert.coverage", module)
    return asked


def test_coverage_lists_the_documents_that_lack_text(published: Workspace) -> None:
    lines = command("coverage").output.splitlines()
    assert lines == [
        f"0.9123  {LOSSY}",
        "        missing: footnote 40 words (footnote 1; footnote 2; footnote 3; footnote 4)",
        "        missing: picture (sheet <b>Ta\\u202exas</b>, B12)",
        "        left out on purpose: comment 7 words (comments 1)",
        "text is missing in 1 of 2 documents, lowest coverage 0.9123: footnote 40 words, picture",
        "left out on purpose: comment 7 words",
        "1 document not converted",
    ]


def test_coverage_of_one_document_shows_the_lost_passages(
    published: Workspace, passages: list[tuple[bytes, str]]
) -> None:
    result = command("coverage", LOSSY)
    assert result.exit_code == 0
    assert passages == [("LACUNA: o prazo é de dez dias.".encode(), "txt")]
    lines = result.output.splitlines()
    assert lines[lines.index("missing: footnote, footnote 1") + 1] == (
        "        o prazo\\x1b]0;x\\x07 [bold]corre[/bold] em dobro\\u202e"
    )
    assert lines[-2:] == ["left out on purpose: comment, comments 1", "        rever"]


def test_no_file_of_the_data_directory_gets_the_passages(
    published: Workspace, passages: list[tuple[bytes, str]]
) -> None:
    command("coverage", LOSSY)
    assert passages
    held = [path for path in published.data.rglob("*") if path.is_file() and b"em dobro" in path.read_bytes()]
    assert held == []


def test_coverage_of_documents_by_name_tells_of_whole_ones_too(published: Workspace) -> None:
    result = command("coverage", WHOLE, "30-Aprovados/quebrado.pdf")
    assert result.output.splitlines() == [
        f"1.0000  {WHOLE}",
        "not converted: 30-Aprovados/quebrado.pdf",
        "no text is missing in 1 document",
    ]


def test_what_was_not_measured_is_shown_as_such(published: Workspace) -> None:
    file = next(published.data.rglob("conversion-*.json"))
    facts = json.loads(file.read_text(encoding="utf-8")) | {"text_coverage": None, "missing": []}
    file.write_text(json.dumps(facts), encoding="utf-8")
    shown = command("coverage").output.splitlines()
    assert any(line.startswith("not measured  30-Aprovados/") for line in shown)
    assert "coverage not measured: 1 document" in shown


def test_coverage_as_json_has_counts_and_places_alone(published: Workspace) -> None:
    found = json.loads(command("coverage", "--json").output)
    assert (found["converted"], found["not_converted"]) == (2, ["30-Aprovados/quebrado.pdf"])
    assert (found["lacking_text"], found["lowest"]) == (1, GAPS.text_coverage)
    assert found["missing"] == {"footnote": 40, "picture": 0}
    assert [document["path"] for document in found["documents"]] == [LOSSY]
    assert found["documents"][0]["missing"][0]["places"] == list(GAPS.missing[0].places)
    (one,) = json.loads(command("coverage", "--json", WHOLE).output)["documents"]
    assert (one["path"], one["text_coverage"], one["missing"]) == (WHOLE, 1.0, [])


def test_coverage_of_an_unknown_path_is_an_error(published: Workspace) -> None:
    result = command("coverage", LOSSY, "nada.pdf")
    assert result.exit_code == 1
    assert str(result.exception).startswith("not in the last snapshot: nada.pdf;")


def test_coverage_before_the_first_run_says_how_to_start(workspace: Workspace) -> None:
    assert "`nic run`" in command("coverage").output


def test_status_names_the_documents_of_warnings_and_of_missing_text(published: Workspace) -> None:
    lines = command("status").output.splitlines()
    assert f"  {LOSSY}" in lines[lines.index(f"warning: {WARNING.removesuffix('.')}: 1 document") :]
    assert any(line.startswith(f"  {LOSSY}: coverage 0.9123, missing footnote 40 words") for line in lines)
    found = json.loads(command("status", "--json").output)
    assert found["warnings"][WARNING] == {"count": 1, "documents": [LOSSY]}
    assert found["warnings"][UNAPPROVED]["documents"] == [WHOLE, LOSSY]
    assert found["text_coverage"]["incomplete"][0]["path"] == LOSSY


def test_status_as_json_names_all_documents_that_the_run_did_not(workspace: Workspace) -> None:
    for number in range(12):
        workspace.write(f"{number:02}.txt", f"Portaria {number}.")
    workspace.run_all()
    assert "and 2 more: `nic status --json` names them all" in command("status").output
    found = json.loads(command("status", "--json").output)["warnings"][UNAPPROVED]
    assert found["count"] == len(found["documents"]) == 12


def test_status_tells_of_what_is_stored_and_not_published(
    workspace: Workspace, lossy_conversion: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.write("lacuna.txt", "LACUNA")
    monkeypatch.setattr("pipeline.publish.finalize.finalize", lambda *_: 1 / 0)
    workspace.run_all()
    found = json.loads(command("status", "--json").output)
    assert (found["published"], found["warnings"][WARNING]["documents"]) == (False, [LOSSY])


def test_watch_names_the_documents_of_warnings_and_of_missing_text(workspace: Workspace) -> None:
    folder = workspace.data / "runs" / RUN_ID
    write_log(folder, [begun()])
    RunLog(folder).document(Stage.STORE, LOSSY, 0.1, found=FOUND)
    RunLog(folder).append(ended("finished"))
    for shown in (command("watch", "--once"), command("watch")):
        assert f"warning: {WARNING.removesuffix('.')}: 1 document" in shown.output
        assert f"  {LOSSY}: coverage 0.9123" in shown.output
    view = json.loads(command("watch", "--once", "--json").output)
    assert view["warned"] == {WARNING: {"count": 1, "documents": [LOSSY]}}
    assert view["text_coverage"]["missing"] == {"footnote": 40, "picture": 0}


def test_watch_cuts_no_name_where_there_is_no_terminal(workspace: Workspace) -> None:
    path = f"30-Aprovados/{'muito-' * 30}comprido.txt"
    folder = workspace.data / "runs" / RUN_ID
    write_log(folder, [begun()])
    RunLog(folder).document(Stage.STORE, path, 0.1, found=FOUND)
    assert path in command("watch", "--once").output.replace("\n", "")


def test_search_can_be_narrowed_to_complete_documents(published: Workspace) -> None:
    def paths(*options: str) -> set[str]:
        return {hit["path"] for hit in json.loads(command("search", "prazo", "--json", *options).output)}

    assert paths() == {LOSSY, WHOLE}
    assert paths("--min-coverage", "0.98") == {WHOLE}
    assert command("search", "prazo", "--min-coverage", "2").exit_code == 2


def test_python_callers_are_told_too(published: Workspace) -> None:
    from pipeline.orchestrator.results import pipeline_result

    snapshot = published.run.listings.latest()
    assert snapshot
    result = pipeline_result(published.run, snapshot.commit, ())
    lossy = next(each for each in result.document_results if each.file_path == LOSSY)
    assert lossy.metadata["text_coverage"] == GAPS.text_coverage
    assert WARNING in lossy.warnings
