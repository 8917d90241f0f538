"""A run that fails before its work is seen by whoever looks afterwards, and says why in a line of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import portalocker
import pytest
from typer.testing import CliRunner

from pipeline.cli.app import app
from pipeline.cli.main import MODULES
from pipeline.engine.interruption import INTERRUPTED
from pipeline.errors import ErrorCode, TransientError
from pipeline.store import local_files
from pipeline.tasks.base import _interrupted_line
from tests.conftest import Workspace, forget_run
from tests.support.paths import ROOT

assert MODULES, "importing them registers the commands"
MAIN_JOB = ("luigi", "--module", "pipeline", "RunAll", "--local-scheduler")
INTERRUPTS = """
import os, runpy, signal, sys
from pipeline.tasks import main_job
from pipeline.report import printed
main_job.report_run = lambda *_: os.kill(os.getpid(), signal.SIGINT)  # Ctrl-C while the report is written
sys.argv[1:] = ["--module", "pipeline", "RunAll", "--local-scheduler"]
runpy.run_module("luigi", run_name="__main__")
"""


def start(*command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "NIC_ENGINE": "inline", **variables}
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def latest(what: str) -> tuple[str, str | None]:
    """Outcome and reason of the last run, as `history` or `watch` tells."""
    forget_run()
    options = ["history", "--json"] if what == "history" else ["watch", "--once", "--json"]
    found = json.loads(CliRunner().invoke(app, options).stdout)
    last = found["runs"][-1] if what == "history" else found
    return last["outcome" if what == "history" else "state"], last["reason"]


def refused(workspace: Workspace, reason: str) -> None:
    for what in ("history", "watch"):
        outcome, said = latest(what)
        assert outcome == "failed"
        assert reason in (said or ""), what
    forget_run()
    assert reason in CliRunner(env={"COLUMNS": "500"}).invoke(app, ["history"]).stdout
    assert reason in CliRunner(env={"COLUMNS": "500"}).invoke(app, ["watch", "--once"]).stdout


WAYS: dict[str, tuple[dict[str, str], str, int]] = {
    "Qdrant is down": ({"QDRANT_URL": "http://127.0.0.1:9"}, "Qdrant", 30),
    "GitLab refuses": (
        {"NIC_SOURCE": "gitlab", "GITLAB_URL": "http://127.0.0.1:9", "GITLAB_PROJECT": "a/b", "GITLAB_TOKEN": "x"},
        "GitLab",
        1,
    ),
    "no such folder": ({"NIC_TARGET_FOLDER": "nowhere"}, "there is no folder 'nowhere'", 1),
    "invalid settings": ({"NIC_SOURCE": "ftp"}, "invalid settings: [source] kind = ftp", 1),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_run_that_fails_before_its_work_is_in_history_and_watch(workspace: Workspace, way: str) -> None:
    workspace.write("a.txt", "Portaria.")
    variables, reason, code = WAYS[way]
    done = start("-m", *MAIN_JOB, **variables)
    assert done.returncode == code, done.stderr
    assert reason in (done.stdout + done.stderr).splitlines()[-1]
    refused(workspace, reason)


def test_a_run_that_finds_the_store_in_use_says_so(workspace: Workspace, capfd: pytest.CaptureFixture[str]) -> None:
    workspace.write("a.txt", "Portaria.")
    workspace.set("qdrant", "timeout_s", "0.1")
    (workspace.data / "qdrant").mkdir()
    with portalocker.Lock(workspace.data / "qdrant" / local_files.LOCK):
        assert not workspace.run_all().scheduling_succeeded
    reason = "another process is using the local Qdrant files"
    last = capfd.readouterr().out.splitlines()[-1]
    assert last.startswith(f"NIC ETL: not finished · {reason}")
    refused(workspace, reason)


@pytest.mark.slow
def test_nothing_is_made_where_no_run_has_been(tmp_path: Path) -> None:
    done = start("-m", *MAIN_JOB, NIC_DATA_DIR=str(tmp_path / "data"), NIC_FOLDER_PATH=str(tmp_path / "nowhere"))
    assert done.returncode == 1
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_is_interrupted_after_publishing_says_that_it_published(workspace: Workspace) -> None:
    workspace.write("a.txt", "Portaria.")
    done = start("-c", INTERRUPTS)
    assert done.returncode == 130, done.stderr
    line = done.stderr.splitlines()[-1]
    assert line.startswith("interrupted: collection nic is published already: it holds exactly commit ")
    assert latest("history") == ("interrupted", line.removeprefix("interrupted: "))
    assert latest("watch") == latest("history")


def test_before_that_it_says_that_nothing_is_lost(workspace: Workspace) -> None:
    assert _interrupted_line() == INTERRUPTED
    workspace.run.error = TransientError("x", ErrorCode.INCOMPLETE)
    assert _interrupted_line() == INTERRUPTED
