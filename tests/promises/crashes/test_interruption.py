"""Ctrl-C and SIGTERM end a run soon, with one line, and the next run goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.promises.crashes.harness import Moment, Site

pytestmark = pytest.mark.slow
ENDS_WITHIN_S = 10.0
BEGINS_SOMETHING = """
import os, signal, threading, time
from pipeline.engine.interruption import stoppable, sigint_blocked

threading.Thread(target=threading.Event().wait, daemon=True).start()  # takes what the main thread's mask keeps out
with stoppable():
    with sigint_blocked():
        os.kill(os.getpid(), signal.{signal})
        time.sleep(0.2)
        print("begun")
    time.sleep(5)
    print("not stopped")
"""


CATCHES_EVERYTHING = """
import os, signal, time
from pipeline.engine.interruption import stoppable

with stoppable():
    try:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(60)
    except BaseException:  # as libraries do that find out what they can import
        print("caught")
    time.sleep(60)
    print("not stopped")
"""


ENDS_LATE = """
import multiprocessing, os, signal, sys, time
from pipeline.engine import interruption

if __name__ == "__main__":
    interruption._GRACE_PERIOD_S = 0.3
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=time.sleep, args=(60,))
    process.start()
    with interruption.stoppable():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        except KeyboardInterrupt as stop:
            interruption.hear(stop)
            time.sleep(60)
"""


@pytest.mark.parametrize(
    ("sent", "exit_code", "pattern"),
    [
        pytest.param(signal.SIGINT, 130, "documents/*/*/document-*.json", marks=pytest.mark.soak),
        pytest.param(signal.SIGTERM, 143, "documents/*/*/document-*.json", marks=pytest.mark.soak),
        (signal.SIGINT, 130, "documents/*/*/source.*"),
        (signal.SIGTERM, 143, "documents/*/*/embeddings-*.npy"),
    ],
    ids=[
        "Ctrl-C while converting",
        "SIGTERM while converting",
        "Ctrl-C while processes start",
        "SIGTERM while embedding",
    ],
)
def test_a_run_that_is_asked_to_stop_ends_soon_with_one_line_and_no_process_left(
    site: Site, sent: signal.Signals, exit_code: int, pattern: str
) -> None:
    is_converted = "embeddings" in pattern
    data = site.data_without("embeddings-*") if is_converted else site.new_data()
    running = site.start(data)
    assert running.wait_for(lambda: len(running.engine) == 2)
    assert running.reach(Moment(pattern, 2))
    asked = time.monotonic()
    os.killpg(running.process.pid, sent)  # as a terminal and systemd do: everybody hears it
    assert running.end() == exit_code, running.text
    assert time.monotonic() - asked < ENDS_WITHIN_S
    running.outlive()
    assert "Traceback" not in running.text
    others = (" INFO ", "memory may not be enough")  # said before, on a machine that has little
    (line,) = [line for line in running.text.splitlines() if not any(other in line for other in others)]
    assert line.startswith("interrupted:")
    if is_converted:  # once is enough, and this one is quickest
        site.assert_recovers(data)


def test_engine_processes_never_see_a_ctrl_c(site: Site) -> None:
    """From their first instruction: one that Python is still starting would print a traceback."""
    running = site.start(site.data_without("embeddings-*"))
    assert running.wait_for(lambda: len(running.engine) == 2)
    states = [Path(f"/proc/{process.pid}/status").read_text() for process in running.engine]
    os.killpg(running.process.pid, signal.SIGKILL)
    blocked = [int(line.split()[1], 16) for state in states for line in state.splitlines() if "SigBlk" in line]
    assert len(blocked) == 2
    assert all(mask >> (signal.SIGINT - 1) & 1 for mask in blocked)


def test_a_run_stops_although_a_library_caught_the_request() -> None:
    ended = subprocess.run([sys.executable, "-c", CATCHES_EVERYTHING], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (130, "caught\n"), ended.stderr
    assert ended.stderr.startswith("interrupted:"), "in order, and not by the last resort"


@pytest.mark.parametrize(("name", "exit_code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_run_stops_when_what_is_beginning_has_begun(name: str, exit_code: int) -> None:
    """A process that gets half of what it begins with prints a traceback."""
    command = [sys.executable, "-c", BEGINS_SOMETHING.format(signal=name)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (exit_code, "begun\n"), ended.stderr
    assert ended.stderr.startswith("interrupted:")


def test_a_run_that_cannot_end_in_time_takes_its_processes_along(tmp_path: Path) -> None:
    """One that is left while it starts finds nothing to begin with and prints a traceback on the person's terminal."""
    script = tmp_path / "ends_late.py"
    script.write_text(ENDS_LATE)
    # whoever is left holds the other end of what is captured
    ended = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False, timeout=30)
    assert (ended.returncode, ended.stderr) == (143, "")
