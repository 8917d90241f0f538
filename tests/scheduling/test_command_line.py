"""What is wrong with a command is said in one line, at once, and with an exit code that says so."""

from __future__ import annotations

import json
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import luigi.server
import pytest

from pipeline.scheduling import EXIT_CODES
from pipeline.scheduling.command_line import _for_everyone
from pipeline.settings.luigi_file import refuse_malformed
from tests.support.in_process import run_here
from tests.support.paths import ROOT

OF_THE_PRODUCT = ("NIC_", "QDRANT_", "GITLAB_", "LUIGI_")
OWN = {key: value for key, value in os.environ.items() if not key.startswith(OF_THE_PRODUCT)}
LUIGI = ("luigi", "--module", "pipeline")
RUN = ("pipeline", "run")


@pytest.fixture
def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


@pytest.fixture
def silent_port() -> Iterator[str]:
    """One that something else has."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield str(other.getsockname()[1])


def start(folder: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**OWN, "PYTHONPATH": str(ROOT), "NIC_ENGINE": "inline", **variables}
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a luigi.cfg and a document."""
    (tmp_path / "luigi.cfg").write_text("[source]\nfolder_path = root\n", encoding="utf-8")
    (tmp_path / "root" / "30-Aprovados").mkdir(parents=True)
    (tmp_path / "root" / "30-Aprovados" / "a.txt").write_text("O prazo é de dez dias.\n", encoding="utf-8")
    (tmp_path / "data").mkdir()
    return tmp_path


@pytest.fixture
def here(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project, which this process is in."""
    for name in filter(lambda name: name.startswith(OF_THE_PRODUCT), [*os.environ]):
        monkeypatch.delenv(name)
    monkeypatch.setenv("NIC_FOLDER_PATH", str(project / "root"))
    monkeypatch.setenv("NIC_DATA_DIR", str(project / "data"))
    monkeypatch.chdir(project)
    return project


WRONG = {
    "task": ([*LUIGI, "RunAl", "--local-scheduler"], 2, "there is no task RunAl; is RunAll meant?"),
    "a setting as task": ([*LUIGI, "source", "--local-scheduler"], 2, "there is no task source"),
    "option": (
        [*LUIGI, "RunAll", "--local-scheduler", "--pipeline-datadir", "x"],
        2,
        "unrecognized arguments: --pipeline-datadir x; is --pipeline-data-dir meant?",
    ),
    "option of run": ([*RUN, "--engine-knd=dask"], 2, "is --engine-kind meant?"),
    "number": ([*RUN, "--workers", "two"], 2, "the value of an option of Luigi is invalid"),
    "setting": ([*RUN, "--engine-kind", "fast"], 1, "invalid settings: [engine] kind = fast (command line)"),
}


def check_one_line(done: subprocess.CompletedProcess[str], code: int, message: str) -> None:
    assert done.returncode == code, done.stderr
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr


@pytest.mark.parametrize("name", ["option", "setting"])
def test_a_misspelt_command_is_one_line(project: Path, name: str) -> None:
    command, code, message = WRONG[name]
    check_one_line(start(project, *command), code, message)


@pytest.mark.parametrize("name", ["task", "a setting as task", "option of run", "number"])
def test_so_is_every_other_way_to_misspell_it(here: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    command, code, message = WRONG[name]
    check_one_line(run_here(capsys, *command), code, message)


@pytest.mark.parametrize("command", [(*LUIGI, "RunAll"), (*RUN, "--luigid")])
def test_a_run_without_its_scheduler_says_so_at_once(
    here: Path, capsys: pytest.CaptureFixture[str], free_port: str, command: tuple[str, ...]
) -> None:
    done = run_here(capsys, *command, "--scheduler-host", "127.0.0.1", "--scheduler-port", free_port)
    assert done.returncode == EXIT_CODES["scheduling_error"]
    assert done.stderr == (
        f"error: no scheduler at http://127.0.0.1:{free_port}: start it with `nic scheduler`, or run without it: "
        "`nic run`, or `luigi … --local-scheduler`\n"
    )


@pytest.mark.parametrize("command", [(*LUIGI, "RunAll", "--local-scheduler"), RUN])
def test_an_assistant_is_refused_where_qdrant_serves_one_process(
    here: Path, capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    check_one_line(run_here(capsys, *command, "--assistant"), 2, "an assistant needs a Qdrant server")


MALFORMED = {
    "no section": ("[source\nfolder_path = x\n", "is not a configuration file: MissingSectionHeaderError in line 1"),
    "section twice": ("[source]\n[source]\n", "is not a configuration file: DuplicateSectionError in line 2"),
    "no value": ("[source]\nfolder_path\n", "is not a configuration file: ParsingError in line 2"),
    "per cent": ("[source]\nfolder_path = a%b\n", "the value of [source] folder_path has a % too many"),
    "variable": ("[source]\nfolder_path = ${NOWHERE}\n", "names an environment variable that is not set"),
    "not text": ("[source]\nfolder_path = \udcff\n", "is not UTF-8"),
}


@pytest.mark.parametrize("name", ["no section", "variable"])
def test_a_malformed_luigi_cfg_is_one_line(tmp_path: Path, name: str) -> None:
    content, message = MALFORMED[name]
    (tmp_path / "luigi.cfg").write_text(content, encoding="utf-8")
    done = start(tmp_path, "pipeline", "status")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: ")
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("name", sorted(set(MALFORMED) - {"variable"}))
def test_whatever_is_malformed_in_a_luigi_cfg_is_named(here: Path, name: str) -> None:
    """Before Luigi reads it; `variable` is found later, as the test above sees."""
    content, message = MALFORMED[name]
    (here / "luigi.cfg").write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(SystemExit, match=r"^error: ") as ended:
        refuse_malformed()
    assert message in str(ended.value)
    assert len(str(ended.value).splitlines()) == 1


@pytest.mark.parametrize(  # `nic run` looks for one above, too: tests/cli/test_nic.py
    "command",
    [
        (*LUIGI, "RunAll", "--local-scheduler"),
        ("pipeline", "status", "--check"),
        pytest.param(("pipeline", "plan"), marks=pytest.mark.soak),
    ],
)
def test_without_a_luigi_cfg_nothing_is_taken_for_the_settings(tmp_path: Path, command: tuple[str, ...]) -> None:
    done = start(tmp_path, *command)
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    assert "there is no luigi.cfg in this folder" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_the_environment_may_give_the_settings(tmp_path: Path) -> None:
    done = start(tmp_path, "pipeline", "config", "show", "--json", NIC_DATA_DIR=str(tmp_path / "data"))
    assert (done.returncode, json.loads(done.stdout)["files"]) == (0, []), done.stderr


def test_commands_say_which_luigi_cfg_they_use(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown = json.loads(run_here(capsys, "pipeline", "config", "show", "--json").stdout)
    assert shown["files"] == ["luigi.cfg"]
    named = str(ROOT / "luigi.cfg")
    shown = json.loads(start(here, "pipeline", "config", "show", "--json", LUIGI_CONFIG_PATH=named).stdout)
    assert shown["files"] == ["luigi.cfg", named]


def test_a_job_that_is_running_already_does_not_exit_0(tmp_path: Path) -> None:
    """Luigi exits with 0 where nobody sets the code, and locks where no luigi.cfg says otherwise."""
    script = "import pipeline, luigi.retcodes; print(luigi.retcodes.retcode().already_running)"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={**OWN, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == f"{EXIT_CODES['already_running']}\n", done.stderr


@pytest.mark.parametrize(
    ("command", "remedy"),
    [
        (("scheduler", "--port"), "another --port or --address"),
        (("serve", "--port"), "another --port or --host"),
        (("metrics", "--serve"), "another for --serve"),
    ],
)
def test_an_occupied_port_is_one_line(
    here: Path, capsys: pytest.CaptureFixture[str], silent_port: str, command: tuple[str, ...], remedy: str
) -> None:
    luigis_app = luigi.server.app
    done = run_here(capsys, "pipeline", *command, silent_port)
    assert luigi.server.app is luigis_app, "a program that goes on has Luigi as it was"
    assert (done.returncode, done.stdout) == (1, "")
    why = f"port {silent_port} cannot be used: Address already in use (127.0.0.1)"
    assert done.stderr == f"error: {why}; choose {remedy}\n"


def test_the_terminal_is_told_where_the_folder_should_be(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = start(here, *RUN, NIC_FOLDER_PATH="elsewhere")
    assert done.returncode == 1
    assert f"({here / 'elsewhere' / '30-Aprovados'})" in done.stderr
    shown = run_here(capsys, "pipeline", "history").stdout
    assert "failed" in shown
    assert str(here) not in shown, "what others read does not name it"


def test_what_luigi_logs_of_a_failed_task_names_the_task_and_no_process() -> None:
    said = "[pid 7] Worker Worker(salt=1, workers=1, host=vm, username=ana, pid=7) failed    RunAll(commit=c)"
    record = logging.LogRecord("luigi-interface", logging.ERROR, "", 0, said, None, None)
    assert _for_everyone(record)
    assert record.getMessage() == "RunAll(commit=c)"
