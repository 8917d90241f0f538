"""Every job has exactly one outcome, whatever happens to the process that runs it."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from pipeline.config import EngineSettings
from pipeline.engine import InlineEngine, Job, ProcessEngine
from pipeline.errors import ErrorCode, PermanentError


def where(number: int) -> tuple[int, int]:
    return number, os.getpid()


def refuse(_: int) -> None:
    raise PermanentError("no", ErrorCode.CORRUPT)


def die(_: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_once(marker: Path) -> str:
    if not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "survived"


def sleep(seconds: float) -> None:
    time.sleep(seconds)


def grow(_: int) -> int:
    hoard = bytearray(800_000_000)
    time.sleep(5)
    return len(hoard)


def threads(_: int) -> str | None:
    return os.environ.get("OMP_NUM_THREADS")


def jobs(function: Callable[..., Any], *arguments: Any) -> list[Job]:
    return [Job(f"{function.__name__}-{n}", function, (argument,)) for n, argument in enumerate(arguments)]


@pytest.fixture(scope="module")
def engine() -> Iterator[ProcessEngine]:
    made = ProcessEngine(EngineSettings(document_timeout_s=6, memory_limit_mb=500), processes=2)
    yield made
    made.close()


def test_every_job_has_one_outcome_and_processes_are_reused(engine: ProcessEngine) -> None:
    outcomes = list(engine.map(jobs(where, *range(20))))
    assert sorted(outcome.result[0] for outcome in outcomes) == list(range(20))
    assert len({outcome.result[1] for outcome in outcomes}) <= 2
    assert os.getpid() not in {outcome.result[1] for outcome in outcomes}


def test_an_error_is_the_jobs_outcome_and_stops_no_other(engine: ProcessEngine) -> None:
    outcomes = {outcome.key: outcome for outcome in engine.map(jobs(refuse, 1) + jobs(where, 1, 2))}
    error = outcomes["refuse-0"].error
    assert isinstance(error, PermanentError)
    assert error.code is ErrorCode.CORRUPT
    assert outcomes["where-0"].error is None
    assert outcomes["where-1"].error is None


def test_a_dying_process_costs_only_its_own_document(engine: ProcessEngine) -> None:
    outcomes = {outcome.key: outcome for outcome in engine.map(jobs(die, 1) + jobs(where, *range(6)))}
    error = outcomes.pop("die-0").error
    assert isinstance(error, PermanentError)
    assert error.code is ErrorCode.WORKER_DIED
    assert all(outcome.error is None for outcome in outcomes.values())


def test_a_document_whose_process_died_is_tried_once_more(engine: ProcessEngine, tmp_path: Path) -> None:
    (outcome,) = engine.map(jobs(die_once, tmp_path / "died"))
    assert outcome.result == "survived"


def test_a_document_that_hangs_ends_at_its_time_limit(engine: ProcessEngine) -> None:
    outcomes = {outcome.key: outcome for outcome in engine.map(jobs(sleep, 60) + jobs(where, 1))}
    error = outcomes["sleep-0"].error
    assert isinstance(error, PermanentError)
    assert error.code is ErrorCode.TIMEOUT
    assert outcomes["where-0"].error is None


def test_a_document_that_needs_too_much_memory_is_named(engine: ProcessEngine) -> None:
    (outcome,) = engine.map(jobs(grow, 1))
    assert isinstance(outcome.error, PermanentError)
    assert "memory_limit_mb" in str(outcome.error)


def test_each_process_computes_with_one_thread(engine: ProcessEngine) -> None:
    assert next(iter(engine.map(jobs(threads, 1)))).result == "1"


def test_a_working_process_ends_with_its_parent(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        "import os, time\n"
        "from pipeline.config import EngineSettings\n"
        "from pipeline.engine import Job, ProcessEngine\n"
        "def work():\n"
        "    print(os.getpid(), flush=True)\n"
        "    time.sleep(60)\n"
        "if __name__ == '__main__':\n"
        "    list(ProcessEngine(EngineSettings(), 1).map([Job('work', work, ())]))\n"
    )
    parent = psutil.Popen([sys.executable, str(script)], stdout=-1, text=True)
    child = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.wait()
    psutil.wait_procs([child], timeout=5)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_the_inline_engine_gives_the_same_outcomes() -> None:
    outcomes = {outcome.key: outcome for outcome in InlineEngine().map(jobs(where, 7) + jobs(refuse, 1))}
    assert outcomes["where-0"].result == (7, os.getpid())
    assert isinstance(outcomes["refuse-0"].error, PermanentError)
