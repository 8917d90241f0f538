"""`nic doctor` finds what would stop a run, says what to do, and touches nothing."""

from __future__ import annotations

import json
import logging
import shutil
import stat
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.sources.gitlab import client
from pipeline.store import requests
from tests.conftest import Workspace, forget_run
from tests.support.git_repository import GitRepository
from tests.support.gitlab_server import TOKEN, Fault, GitlabServer, Token
from tests.support.pauses import retry_after
from tests.support.qdrant_server import QdrantServer


@pytest.fixture
def gitlab(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GitlabServer]:
    repository = GitRepository(tmp_path / "project.git")
    repository.write("30-Aprovados/a.md", "# A\n")
    repository.write("30-Aprovados/b.txt", "b")
    repository.write("30-Aprovados/Normas/c.md", "# C\n")
    repository.commit()
    with GitlabServer(repository) as server:
        monkeypatch.setenv("NIC_SOURCE", "gitlab")
        monkeypatch.setenv("GITLAB_URL", server.url)
        monkeypatch.setenv("GITLAB_PROJECT", server.path)
        monkeypatch.setenv("GITLAB_TOKEN", TOKEN)
        retry_after(monkeypatch, client)
        yield server
    repository.close()


def doctor() -> tuple[int, dict[str, str], list[str]]:
    """Exit code, what each line says, and the names of the lines that are wrong."""
    forget_run()
    result = CliRunner().invoke(app, ["doctor", "--json"])
    checks = json.loads(result.stdout)
    return (
        result.exit_code,
        {check["name"]: check["detail"] for check in checks},
        [check["name"] for check in checks if not check["ok"]],
    )


def test_a_folder_that_can_be_run_is_well(workspace: Workspace) -> None:
    workspace.write("a.md", "# A\n")
    code, lines, wrong = doctor()
    assert (code, wrong) == (0, [])
    assert list(lines) == ["configuration", "folder", "qdrant", "model", "data", "ocr", "libreoffice", "scheduler"]
    assert lines["folder"] == "30-Aprovados: 1 document (1 md)"
    assert "384 dimensions" in lines["model"]


def test_more_processes_than_memory_admits_are_wrong_and_a_number_that_fits_is_named(workspace: Workspace) -> None:
    workspace.set("engine", "kind", "processes")
    workspace.set("pipeline", "max_concurrent_documents", "10000")
    code, lines, wrong = doctor()
    assert (code, wrong) == (1, ["workers"])
    assert "10000 at once" in lines["workers"]
    workspace.set("pipeline", "max_concurrent_documents", "0")
    assert " at once: " in doctor()[1]["workers"]


def test_a_missing_folder_is_wrong(workspace: Workspace) -> None:
    shutil.rmtree(workspace.root)
    code, lines, wrong = doctor()
    assert (code, wrong) == (1, ["folder"])
    assert "NIC_FOLDER_PATH" in lines["folder"]


def test_a_gitlab_that_can_be_run_is_well_for_a_handful_of_requests(gitlab: GitlabServer) -> None:
    code, lines, wrong = doctor()
    assert (code, wrong) == (0, [])
    assert "token with scope read_api, until 2099-01-01" in lines["gitlab"]
    assert lines["project"] == "nic/governanca/documentos, number 4711"
    assert lines["branch"].startswith("main at commit ")
    assert lines["folder"] == "30-Aprovados: 3 documents (2 md, 1 txt)"
    assert len(gitlab.seen) == 5


@pytest.mark.parametrize(
    ("environment", "wrong", "remedy"),
    [
        ({"GITLAB_TOKEN": "another"}, "gitlab", "GITLAB_TOKEN"),
        ({"GITLAB_URL": "http://127.0.0.1:9"}, "gitlab", "GITLAB_URL"),
        ({"GITLAB_URL": ""}, "gitlab", "GITLAB_URL"),
        ({"GITLAB_URL": "http://gitlab.example.org"}, "gitlab", "https"),
        ({"GITLAB_PROJECT": "nic/nada"}, "project", "GITLAB_PROJECT"),
        ({"GITLAB_BRANCH": "mestre"}, "branch", "GITLAB_BRANCH"),
        ({"NIC_TARGET_FOLDER": "40-Outros"}, "folder", "NIC_TARGET_FOLDER"),
    ],
)
def test_the_first_thing_that_is_wrong_with_gitlab_is_named_with_its_remedy(
    gitlab: GitlabServer, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], wrong: str, remedy: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    code, lines, found = doctor()
    assert (code, found) == (1, [wrong])
    assert remedy in lines[wrong]
    assert "model" in lines, "what has nothing to do with GitLab is looked at all the same"


def test_a_token_with_too_small_a_scope_is_told_the_right_one(gitlab: GitlabServer) -> None:
    gitlab.tokens[TOKEN] = Token(scopes=("read_repository",))
    _, lines, wrong = doctor()
    assert wrong == ["gitlab"]
    assert "read_repository" in lines["gitlab"]
    assert "read_api" in lines["gitlab"]


def test_a_token_that_ends_soon_is_told_so(gitlab: GitlabServer, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import UTC, datetime, timedelta

    gitlab.tokens[TOKEN] = Token(expires_at=str((datetime.now(UTC) + timedelta(days=3)).date()))
    code, lines, _ = doctor()
    assert code == 0
    assert "3 days are left" in lines["gitlab"]


def test_a_gitlab_that_says_nothing_about_tokens_is_no_trouble(gitlab: GitlabServer) -> None:
    gitlab.faults.append(Fault("404", on="personal_access_tokens"))
    code, lines, _ = doctor()
    assert code == 0
    assert "cannot be asked" in lines["gitlab"]


def test_a_setting_that_cannot_work_is_wrong_and_the_only_line(workspace: Workspace) -> None:
    workspace.set("chunking", "target_chunk_size", "many")
    code, lines, wrong = doctor()
    assert (code, wrong, list(lines)) == (1, ["configuration"], ["configuration"])


def test_a_qdrant_server_is_asked_and_a_lost_one_is_wrong(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.write("a.md", "# A\n")
    with QdrantServer() as server:
        monkeypatch.setenv("QDRANT_URL", server.url)
        retry_after(monkeypatch, requests)
        assert "answers" in doctor()[1]["qdrant"]
    code, lines, wrong = doctor()
    assert (code, wrong) == (1, ["qdrant"])
    assert "QDRANT_URL" in lines["qdrant"]


def test_a_missing_model_is_wrong(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace.write("a.md", "# A\n")
    monkeypatch.setenv("NIC_EMBEDDING_MODEL", "/no/such/model")
    assert doctor()[2] == ["model"]


def test_a_full_disk_is_wrong(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace.write("a.md", "# A\n")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=10_000_000))
    code, lines, wrong = doctor()
    assert (code, wrong) == (1, ["data"])
    assert "NIC_DATA_DIR" in lines["data"]


def test_tesseract_is_looked_for_with_its_languages(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    workspace.write("a.md", "# A\n")
    workspace.set("conversion", "ocr_engine", "tesseract")
    workspace.set("conversion", "ocr_languages", "por eng")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "there is no tesseract program" in doctor()[1]["ocr"]
    program = tmp_path / "tesseract"
    program.write_text("#!/bin/sh\necho List of available languages\necho eng\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert "no data for por" in doctor()[1]["ocr"]
    program.write_text("#!/bin/sh\necho eng\necho por\n")
    assert doctor()[1]["ocr"] == "tesseract with por, eng"


def test_the_token_is_not_shown(gitlab: GitlabServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    forget_run()
    shown = CliRunner().invoke(app, ["doctor"]).output
    assert "GITLAB_TOKEN" in shown
    assert "ok    gitlab" in shown
    assert TOKEN not in shown + caplog.text


def scheduler_line(workspace: Workspace, address: str) -> tuple[int, str]:
    workspace.write("a.md", "# A\n")
    workspace.set("core", "default-scheduler-url", address)
    code, lines, _ = doctor()
    return code, lines["scheduler"]


def test_the_scheduler_is_looked_for(workspace: Workspace, luigid: str) -> None:
    assert scheduler_line(workspace, luigid) == (0, f"{luigid} answers")


def test_a_run_that_needs_no_scheduler_is_not_told_that_one_is_missing(workspace: Workspace) -> None:
    code, line = scheduler_line(workspace, "http://127.0.0.1:9")
    assert (code, line.split(":")[0]) == (0, "none at http")
    assert "`nic scheduler` starts" in line


def test_what_is_no_scheduler_is_not_taken_for_one(workspace: Workspace) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as other:
        threading.Thread(target=other.serve_forever, args=(0.05,), daemon=True).start()
        url = f"http://127.0.0.1:{other.server_port}"
        code, line = scheduler_line(workspace, url)
        other.shutdown()
    assert (code, line) == (1, f"what answers at {url} is no Luigi scheduler: choose another port for it")
