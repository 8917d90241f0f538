"""Quarantine: what it says, what ends it, and that nobody who reads the collection notices."""

from __future__ import annotations

import json
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import luigi
import pytest
from luigi.execution_summary import LuigiStatusCode
from typer.testing import CliRunner, Result

from pipeline.cli import app
from pipeline.errors import ErrorCode, PipelineError
from pipeline.inspection.status import status
from pipeline.publish.verification import verify
from pipeline.run import fingerprints, quarantine
from pipeline.schema import Stage
from pipeline.search import search
from tests.conftest import Workspace, forget_run

BROKEN, COPY, OTHER = (f"30-Aprovados/{name}" for name in ("quebrado.pdf", "copia.pdf", "outro.docx"))


def command(*arguments: str) -> Result:
    forget_run()
    return CliRunner().invoke(app, list(arguments))


def held(workspace: Workspace) -> set[str]:
    forget_run()
    return {document.path for document in status(workspace.run).quarantined}


@pytest.fixture
def published(workspace: Workspace) -> Workspace:
    """One good document; two broken ones of equal content, one of another kind."""
    workspace.write("ferias.md", "# Férias\n\nO servidor pode vender dez dias de férias por ano.\n")
    (workspace.root / BROKEN).write_bytes(b"%PDF-1.7 broken")
    (workspace.root / COPY).write_bytes(b"%PDF-1.7 broken")
    with zipfile.ZipFile(workspace.root / OTHER, "w") as archive:
        archive.writestr("leia.txt", "not a document")
    assert workspace.run_all().status is LuigiStatusCode.SUCCESS
    assert held(workspace) == {BROKEN, COPY, OTHER}
    return workspace


def test_status_says_why_where_since_when_and_what_to_do(published: Workspace) -> None:
    output = command("status").output
    assert f"quarantined {BROKEN}: The PDF cannot be opened" in output
    assert "(corrupt, convert, since 20" in output
    assert f"to do: {ErrorCode.CORRUPT.remedy}\n" in output
    assert "nic retry" in output
    (found,) = (d for d in json.loads(command("status", "--json").output)["quarantined"] if d["path"] == OTHER)
    assert (found["failure"]["code"], found["remedy"]) == ("unsupported", ErrorCode.UNSUPPORTED.remedy)


def test_what_is_released_is_tried_again_by_the_next_run_and_nothing_else_is(published: Workspace) -> None:
    result = command("retry", OTHER)
    assert (result.exit_code, result.output) == (
        0,
        f"released {OTHER} (unsupported)\n1 document released; the next run tries again\n",
    )
    assert held(published) == {BROKEN, COPY}
    assert not status(published.run).published
    assert published.run_all().status is LuigiStatusCode.SUCCESS
    assert published.worked() == {Stage.CONVERT: ["outro.docx"]}
    assert held(published) == {BROKEN, COPY, OTHER}
    published.run_all()
    assert published.worked() == {}


def test_readers_notice_nothing_between_the_release_and_the_next_run(published: Workspace) -> None:
    assert len(command("retry").output.splitlines()) == 4
    assert held(published) == set()
    assert verify(published.run).exact
    assert "dez dias" in search(["Quantos dias de férias?"], 1, published.run.settings)[0][0].text


def test_documents_of_equal_content_are_released_together_and_both_are_named(published: Workspace) -> None:
    output = command("retry", COPY).output
    assert f"released {BROKEN}" in output
    assert f"released {COPY}" in output
    assert held(published) == {OTHER}


def test_a_code_limits_what_is_released(published: Workspace) -> None:
    assert "1 document released" in command("retry", "--code", "unsupported").output
    assert held(published) == {BROKEN, COPY}
    assert command("retry", "--code", "timeout").output == "0 documents released\n"
    assert command("retry", "--code", "no-such-code").exit_code == 2


def test_a_path_that_is_not_in_quarantine_is_named_and_nothing_is_released(published: Workspace) -> None:
    forget_run()
    with pytest.raises(PipelineError, match="not in quarantine: 30-Aprovados/ferias") as caught:
        quarantine.release(published.run, [BROKEN, "nada.pdf", "30-Aprovados/ferias.md"])
    assert "nada.pdf; `nic status` lists" in str(caught.value)
    assert held(published) == {BROKEN, COPY, OTHER}
    assert command("retry", "nada.pdf").exit_code == 1


def test_a_failure_file_that_is_removed_by_hand_releases_too(published: Workspace) -> None:
    for file in published.data.glob("documents/*/*/failure-*.json"):
        file.unlink()
    published.run_all()
    assert published.worked() == {Stage.CONVERT: ["copia.pdf", "outro.docx", "quebrado.pdf"]}


def test_new_content_releases_by_itself(published: Workspace) -> None:
    good = next(Path("data/samples").rglob("*.docx"))
    shutil.copy(good, published.root / OTHER)
    published.run_all()
    assert held(published) == {BROKEN, COPY}
    assert verify(published.run).documents == 2


def test_a_changed_stage_version_releases_by_itself(published: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    later = replace(fingerprints.SPECS[Stage.CONVERT], version=1000)
    monkeypatch.setitem(fingerprints.SPECS, Stage.CONVERT, later)
    published.run_all()
    assert published.worked()[Stage.CONVERT] == ["copia.pdf", "ferias.md", "outro.docx", "quebrado.pdf"]


def test_a_raised_limit_releases_by_itself(published: Workspace) -> None:
    published.set("source", "max_file_size_mb", "0.00002")
    published.write("novo.txt", "Um texto de mais de vinte bytes, que se lê depois.")
    published.run_all()
    assert "30-Aprovados/novo.txt" in held(published)
    published.set("source", "max_file_size_mb", "100")
    assert published.run_all().status is LuigiStatusCode.SUCCESS
    assert held(published) == {BROKEN, COPY, OTHER}
    assert verify(published.run).documents == 2
    published.run_all()
    assert published.worked() == {}


def test_a_release_during_a_run_is_taken_up_by_that_run(published: Workspace) -> None:
    published.write("novo.txt", "Um texto novo.")
    releases: list[str] = []

    def release(task: luigi.Task) -> None:
        if task.task_family == "StoreDocument" and not releases:
            for file in published.data.glob("documents/*/*/failure-*.json"):
                file.unlink()
                releases.append(file.name)

    handler = luigi.Task.event_handler(luigi.Event.SUCCESS)(release)
    result = published.run_all()
    luigi.Task.remove_event_handler(luigi.Event.SUCCESS, handler)
    assert releases
    assert result.status is LuigiStatusCode.SUCCESS
    assert "outro.docx" in published.worked()[Stage.CONVERT]
    assert held(published) == {BROKEN, COPY, OTHER}
    assert verify(published.run).documents == 2
