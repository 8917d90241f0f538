"""One fold of a run's log: counts, failures, times, and whether the run is going on."""

from __future__ import annotations

import os
import socket
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.errors import ErrorCode
from pipeline.run.facts import RunFacts, read_facts
from pipeline.schema import Stage
from tests.support.past_runs import SECONDS, START, begun, document_events, ended, samples, write_log

NAMES = [f"{number}.md" for number in range(4)]


def test_a_log_adds_up_to_what_happened(tmp_path: Path) -> None:
    events = [*document_events(NAMES)]
    events[-1] = events[-1].model_copy(update={"code": ErrorCode.CORRUPT, "message": "broken"})
    events[-6] = events[-6].model_copy(update={"warnings": ("one", "two")})
    write_log(tmp_path, [begun(), *events, *samples(20), ended("finished", 30)])
    facts = read_facts(tmp_path)
    assert facts.failures == {ErrorCode.CORRUPT: 1}
    assert facts.warnings == 2
    assert facts.completed(Stage.STORE) == set(NAMES[:-1])
    assert (facts.memory_peak_mb, facts.cpu_mean_percent) == (915.0, 150.0)
    assert facts.worked == events[-1].time
    assert (facts.first, facts.latest) == (START, START + timedelta(seconds=30))
    assert facts.state(START) == "finished"


def test_time_in_a_stage_counts_once_however_many_documents_are_in_it(tmp_path: Path) -> None:
    write_log(tmp_path, [begun(), *document_events(NAMES)])
    done = read_facts(tmp_path).summaries()[Stage.CONVERT]
    assert (done.documents, done.failed) == (4, 0)
    assert done.work_s == pytest.approx(4 * 2.0)
    assert done.elapsed_s == pytest.approx(3 * 1.5 + 2.0), "two seconds each, begun one and a half apart"


def test_seconds_of_a_document_are_told_by_stage(tmp_path: Path) -> None:
    write_log(tmp_path, [begun(), *document_events(NAMES), *document_events(NAMES[:1], [Stage.STORE])])
    found = read_facts(tmp_path).seconds()
    assert found[NAMES[1]].tolist() == list(SECONDS.values())
    assert found[NAMES[0]][-1] == pytest.approx(2 * SECONDS[Stage.STORE])


def test_a_folder_without_a_log_has_no_facts(tmp_path: Path) -> None:
    facts = read_facts(tmp_path)
    assert (facts.begun, facts.first, facts.latest, facts.summaries(), facts.busy_s) == (None, None, None, {}, 0.0)


@pytest.mark.parametrize(
    ("host", "pid", "after_s", "state"),
    [
        (socket.gethostname(), 2**22 + 1, 1, "killed"),
        (socket.gethostname(), os.getpid(), 1, "killed"),  # begun long before this process, which got its number later
        ("elsewhere", 1, 59, "running"),
        ("elsewhere", 1, 61, "killed"),
    ],
    ids=["its process is gone", "another has its number", "seen lately elsewhere", "not seen lately elsewhere"],
)
def test_a_run_without_an_end_is_alive_while_its_process_is(host: str, pid: int, after_s: int, state: str) -> None:
    facts = RunFacts()
    facts.add(begun(pid, host))
    assert facts.state(START + timedelta(seconds=after_s)) == state
