"""Following a run from another process, whatever becomes of it, and what its own terminal shows."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.run.events import Ended, Event, read_events
from tests.conftest import forget_run
from tests.support.in_process import run_here

pytestmark = pytest.mark.slow
RUN_ALL = ("luigi", "--module", "pipeline", "RunAll", "--local-scheduler")
DOCUMENTS = 20
INTERRUPTED = "interrupted: nothing that was finished is lost; run again to go on"


@dataclass(frozen=True)
class Place:
    """A folder of documents, and where the model is."""

    root: Path
    models: Path

    def new_data(self, folder: Path) -> Path:
        """A data directory of its own in an empty folder."""
        (folder / "models").symlink_to(self.models)
        return folder

    def start(self, data: Path, *arguments: str, **options: object) -> subprocess.Popen[str]:
        environment = {
            **os.environ,
            "NIC_FOLDER_PATH": str(self.root),
            "NIC_DATA_DIR": str(data),
            "NIC_ENGINE": "inline",
            "HF_HUB_OFFLINE": "1",
            "COLUMNS": "150",
        }
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        command = [sys.executable, "-m", *arguments]
        return subprocess.Popen(command, env=environment, text=True, **streams)  # type: ignore[call-overload,no-any-return]


Watch = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Watch]:
    """The command on a data directory, in this process: the one of `followed` is a process of its own."""
    monkeypatch.setenv("COLUMNS", "150")

    def run(data: Path, *options: str) -> subprocess.CompletedProcess[str]:
        monkeypatch.setenv("NIC_DATA_DIR", str(data))
        forget_run()
        return run_here(capsys, "nic", "watch", *options)

    yield run
    forget_run()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> Place:
    folder = tmp_path_factory.mktemp("watched")
    approved = folder / "root" / "30-Aprovados"
    approved.mkdir(parents=True)
    for number in range(DOCUMENTS):
        (approved / f"portaria-{number:02}.txt").write_text(f"Portaria {number}: férias de {number} dias.\n" * 40)
    (approved / "quebrado.pdf").write_bytes(b"%PDF-1.7 broken")
    return Place(folder / "root", models_dir)


@dataclass(frozen=True)
class Followed:
    data: Path
    views: list[dict[str, object]]
    exit_code: int
    on_terminal: str


@pytest.fixture(scope="module")
def followed(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Followed:
    """A watch that begins first, and the run on a terminal that it follows."""
    data = place.new_data(tmp_path_factory.mktemp("data"))
    watch = place.start(data, "pipeline", "watch", "--json")
    assert watch.stdout is not None
    first = json.loads(watch.stdout.readline())
    said = on_a_terminal(lambda tty: place.start(data, *RUN_ALL, stdin=tty, stdout=tty, stderr=tty))
    out, _ = watch.communicate(timeout=60)
    return Followed(data, [first, *map(json.loads, out.splitlines())], watch.returncode, said)


def events(data: Path) -> list[Event]:
    (folder,) = data.glob("runs/*/")
    return list(read_events(folder))


def await_(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def has_begun_work(data: Path) -> Callable[[], bool]:
    return lambda: any('"document"' in log.read_text() for log in data.glob("runs/*/log.jsonl"))


def test_watch_follows_a_run_of_another_process_from_before_its_begin_to_its_end(followed: Followed) -> None:
    states = [view["state"] for view in followed.views]
    assert states[0] == "waiting"
    assert "running" in states
    assert (states[-1], followed.exit_code) == ("finished", 0)
    last = followed.views[-1]
    assert (last["done"], last["to_do"]) == (DOCUMENTS + 1, DOCUMENTS + 1)
    assert last["error_codes"] == {"corrupt": 1}
    stored = [view["stages"]["store"]["done"] for view in followed.views if view["stages"]]  # type: ignore[index]
    assert stored == sorted(stored)
    assert stored[-1] == DOCUMENTS


def test_the_events_of_a_run_begin_and_end_once_with_samples_between(followed: Followed) -> None:
    kinds = [event.event for event in events(followed.data)]
    assert (kinds[0], kinds[-1]) == ("begun", "ended")
    assert (kinds.count("begun"), kinds.count("ended"), kinds.count("shard")) == (1, 1, 1)
    assert "sample" in kinds


def test_the_summary_tells_memory_and_cpu_of_the_run(followed: Followed) -> None:
    (file,) = followed.data.glob("runs/*/summary.json")
    summary = json.loads(file.read_text())
    assert summary["memory_peak_mb"] > 100, "less than Python with its libraries"
    assert summary["cpu_mean_percent"] > 0


def test_watch_after_the_run_shows_its_end(watch: Watch, followed: Followed) -> None:
    shown = watch(followed.data)
    assert shown.returncode == 0, shown.stderr
    assert "finished" in shown.stdout
    assert f"store {DOCUMENTS}/{DOCUMENTS}" in shown.stdout


def test_watch_once_draws_the_stages_and_names_what_failed(watch: Watch, followed: Followed) -> None:
    shown = watch(followed.data, "--once")
    assert shown.returncode == 0, shown.stderr
    assert f"{DOCUMENTS} of {DOCUMENTS}" in shown.stdout
    assert "quebrado.pdf" in shown.stdout
    assert "1 failed (corrupt 1)" in shown.stdout


def test_watch_names_the_runs_there_are_when_asked_for_another(watch: Watch, followed: Followed) -> None:
    shown = watch(followed.data, "20200101T000000Z-abcdef")
    assert shown.returncode == 1
    (run,) = followed.data.glob("runs/*/")
    assert run.name in shown.stderr


@pytest.mark.parametrize(
    ("sent", "state"), [(signal.SIGKILL, "killed"), (signal.SIGINT, "interrupted")], ids=["killed", "interrupted"]
)
def test_watch_says_what_became_of_a_run_that_was_stopped(
    place: Place, watch: Watch, tmp_path: Path, sent: signal.Signals, state: str
) -> None:
    job = place.start(place.new_data(tmp_path), *RUN_ALL)
    await_(has_begun_work(tmp_path))
    job.send_signal(sent)
    await_(lambda: psutil_status(job) or state == "interrupted")
    if sent is signal.SIGKILL:  # not waited for: a process that is dead but not buried lives no more
        assert job.returncode is None
    else:
        assert (job.communicate(timeout=60)[1].splitlines()[-1:], job.returncode) == ([INTERRUPTED], 130)
    shown = watch(tmp_path)
    assert shown.returncode == 1
    assert f"{state}: " in shown.stdout
    assert "run again to go on" in shown.stdout
    assert isinstance(events(tmp_path)[-1], Ended) is (state == "interrupted")
    job.communicate(timeout=60)


def psutil_status(job: subprocess.Popen[str]) -> bool:
    return (Path("/proc") / str(job.pid) / "stat").read_text().rpartition(")")[2].split()[0] == "Z"


def test_a_terminal_shows_one_set_of_bars_and_gets_its_cursor_back(followed: Followed) -> None:
    said = followed.on_terminal
    assert "NIC ETL running" in said
    assert "━" in said
    assert "quebrado.pdf: The PDF cannot be opened" in said
    assert said.count("\x1b[?25l") == said.count("\x1b[?25h") == 1
    assert said.rindex("NIC ETL: finished") > said.rindex("NIC ETL running"), "the summary stays, the bars go"


def on_a_terminal(start: Callable[[int], subprocess.Popen[str]]) -> str:
    """All that a process writes to a terminal of its own."""
    ours, theirs = pty.openpty()
    process = start(theirs)
    os.close(theirs)
    said = b""
    with contextlib.suppress(OSError):  # the terminal's end
        while piece := os.read(ours, 65536):
            said += piece
    os.close(ours)
    assert process.wait(timeout=60) == 0, said.decode()
    return said.decode()
