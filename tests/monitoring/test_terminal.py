"""Bars stay whole whoever writes beside them, count what earlier runs did, and say when a run publishes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from pipeline.errors import ErrorCode
from pipeline.monitoring.lines import line
from pipeline.monitoring.terminal import render
from pipeline.monitoring.view import ErrorView, StageView, View
from pipeline.schema import Stage
from tests.support.screen import running

AT_WORK = """
import os, subprocess, sys
from pipeline.monitoring.terminal import viewer
from pipeline.monitoring.view import StageView, View
from pipeline.schema import Stage

def view(done):
    stages = {stage: StageView(total=3, done=done, failed=0, rate_per_s=1) for stage in Stage}
    return View(run_id="r", state="running", documents=3, to_do=3, done=done, stages=stages)

bars = viewer()
worker = [sys.executable, "-c", "import os; os.write(2, b'of a worker\\\\n'); os.write(1, b'of another\\\\n')"]
subprocess.run(worker)  # before the first bar
bars.update(view(0))
subprocess.run(worker)
print("of Python")
sys.stderr.write("of Luigi\\n")
os.write(2, b"of a native library\\n")
bars.update(view(1))
input()
bars.close()
print("the summary")
"""
LINES = ["of a worker", "of another"] * 2 + ["of Python", "of Luigi", "of a native library"]


def test_bars_are_not_torn_by_what_workers_and_libraries_write(tmp_path: Path) -> None:
    with running(AT_WORK, tmp_path) as screen:
        shown = screen.wait_for(
            lambda lines: LINES[-1] in lines and lines[-1].startswith("store") and "1 of 3" in lines[-1]
        )
        assert shown[: len(LINES)] == LINES
        below = [row for row in shown[len(LINES) :] if row]
        assert below[0].startswith("NIC ETL running · 1 of 3 documents")
        assert [row.split()[0] for row in below[1:]] == list(Stage)
        assert all("1 of 3" in row for row in below[1:])
        screen.press_enter()
        end = screen.wait_for(lambda lines: "the summary" in lines)
    assert [row for row in end if row] == [*LINES, "the summary"], "the bars are gone, the lines stay"


def resumed(**changes: object) -> View:
    """A run of 61 documents of which an earlier run stored 40."""
    stages = {stage: StageView(total=21, done=5, failed=0, rate_per_s=1, before=40) for stage in Stage}
    return View(run_id="r", state="running", documents=61, to_do=21, done=5, stages=stages, **changes)


def printed(view: View, width: int) -> list[str]:
    console = Console(width=width, height=40, force_terminal=False)
    with console.capture() as capture:
        console.print(render(view))
    return capture.get().splitlines()


@pytest.mark.parametrize("width", [80, 200])
def test_a_resumed_run_counts_what_an_earlier_one_did(width: int) -> None:
    lines = printed(resumed(), width)
    assert "45 of 61 documents" in lines[0]
    assert all("5 of 21" in row and "40 before" in row for row in lines[1:])
    assert line(resumed()).startswith("fetch 5/21 (+40 before) · ")


@pytest.mark.parametrize("width", [80, 200])
def test_publishing_is_a_phase_of_its_own(width: int) -> None:
    assert printed(resumed(is_publishing=True), width)[0].startswith("NIC ETL publishing: proving the collection")
    assert line(resumed(is_publishing=True)).endswith(" · publishing")


def ended(**changes: object) -> View:
    """A run over two documents of which one failed."""
    stages = {stage: StageView(total=2, done=2, failed=0, rate_per_s=0) for stage in Stage}
    message = "The PDF cannot be opened: export it again from its origin."
    error = ErrorView(stage=Stage.CONVERT, path="30-Aprovados/relatorio.pdf", code=ErrorCode.CORRUPT, message=message)
    state = {"state": "finished", "documents": 2, "to_do": 2, "done": 2, **changes}
    return View(run_id="r", stages=stages, errors=(error,), **state)


def test_at_its_end_a_run_has_no_rate_and_its_errors_are_whole() -> None:
    text = " ".join(" ".join(printed(ended(), 80)).split())
    assert "/s" not in text
    assert "export it again from its origin. (corrupt)" in text
    assert "0.0/s" not in " ".join(printed(ended(state="running"), 80)), "a stage that is done has none either"


def test_a_run_that_says_why_it_ended_needs_no_general_advice() -> None:
    reason = "collection nic is published already: it holds exactly commit c"
    headline = printed(ended(state="interrupted", reason=reason), 200)[0]
    assert headline.startswith(f"NIC ETL interrupted: {reason} · 2 of 2 documents")
    assert printed(ended(state="interrupted"), 200)[0].startswith("NIC ETL interrupted: nothing that was finished")


@pytest.mark.parametrize("width", [60, 80, 112])
def test_no_number_is_torn_from_its_unit_in_the_headline(width: int) -> None:
    changes = {"elapsed_s": 26, "eta_s": 3, "warnings": 1, "memory_mb": 3048.0, "cpu_percent": 106.0}
    begun = datetime(2026, 11, 26, tzinfo=UTC)
    lines = printed(ended(state="running", started=begun, **changes), width)
    for fact in ("2 of 2 documents", "run r", "26 s", "about 3 s left", "1 warning", "3.0 GB, CPU 106 %"):
        assert any(fact in line.split(" · ") for line in (line.removesuffix(" ·") for line in lines)), fact
