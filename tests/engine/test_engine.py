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

import pipeline.engine.engine
from pipeline.engine import Engine, Job, JobOutcome, Place, inline_engine, open_engine, processes
from pipeline.errors import ErrorCode, PermanentError
from pipeline.settings.operation import EngineSettings
from pipeline.settings.sections import PipelineSettings, Settings
from tests.support.spawned import children


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


class Deadly:
    """Kills a process of the pool that hands it over, or that takes it, in the middle of that."""

    def __init__(self) -> None:
        self.parent = int(os.environ["ENGINE_PARENT"])

    def __reduce__(self) -> tuple[Callable[[int], None], tuple[int]]:
        end_unless(self.parent)
        return end_unless, (self.parent,)


def end_unless(pid: int) -> None:
    if os.getpid() != pid:
        os.kill(os.getpid(), signal.SIGKILL)


def hand_over(_: int) -> Deadly:
    return Deadly()


def take(_: Deadly) -> None:
    raise AssertionError("nobody lives to take it")


def sleep(seconds: float) -> None:
    time.sleep(seconds)


def meet(mine: Path, other: Path) -> None:
    """Two of these end only where they run at the same time."""
    mine.touch()
    while not other.exists():
        time.sleep(0.01)


def grow(_: int) -> int:
    hoard = bytearray(800_000_000)
    time.sleep(5)
    return len(hoard)


def threads(_: int) -> str | None:
    return os.environ.get("OMP_NUM_THREADS")


def jobs(function: Callable[..., Any], *arguments: Any, place: Place = Place.PROCESS) -> list[Job]:
    return [Job(f"{function.__name__}-{n}", function, (argument,), place) for n, argument in enumerate(arguments)]


def run(engine: Engine, jobs: list[Job]) -> dict[str, JobOutcome]:
    """Submit the jobs and take as many outcomes; there is none besides."""
    for job in jobs:
        engine.submit(job)
    outcomes = {outcome.key: outcome for outcome in (engine.next() for _ in jobs)}
    with pytest.raises(LookupError):
        engine.next()
    assert outcomes.keys() == {job.key for job in jobs}
    return outcomes


def settings(kind: str, limit_s: float = 300) -> Settings:
    return Settings(
        pipeline=PipelineSettings(max_concurrent_documents=2),
        engine=EngineSettings.model_validate({"kind": kind, "document_timeout_s": limit_s, "memory_limit_mb": 500}),
    )


@pytest.fixture(scope="module", params=["processes", pytest.param("dask", marks=pytest.mark.slow)])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    made = open_engine(settings(request.param))
    yield made
    made.close()


def test_every_job_has_one_outcome_and_processes_are_reused(engine: Engine) -> None:
    results = [outcome.result for outcome in run(engine, jobs(where, *range(20))).values()]
    assert sorted(number for number, _ in results) == list(range(20))
    assert len({process for _, process in results}) <= 2
    assert os.getpid() not in {process for _, process in results}


def test_an_error_is_the_jobs_outcome_and_stops_no_other(engine: Engine) -> None:
    outcomes = run(engine, jobs(refuse, 1) + jobs(where, 1, 2))
    error = outcomes["refuse-0"].error
    assert isinstance(error, PermanentError)
    assert error.code is ErrorCode.CORRUPT
    assert outcomes["where-0"].error is None
    assert outcomes["where-1"].error is None


@pytest.mark.slow
def test_a_dying_process_costs_only_its_own_document(engine: Engine) -> None:
    outcomes = run(engine, jobs(die, 1) + jobs(where, *range(6)))
    error = outcomes.pop("die-0").error
    assert isinstance(error, PermanentError)
    assert error.code is ErrorCode.WORKER_DIED
    assert all(outcome.error is None for outcome in outcomes.values())


@pytest.mark.slow
@pytest.mark.parametrize("moment", [hand_over, take], ids=["hands a result over", "takes a job"])
def test_a_process_that_dies_while_it_holds_what_all_share_stops_no_other(
    moment: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENGINE_PARENT", str(os.getpid()))
    monkeypatch.setattr(pipeline.engine.engine, "_MEND_EVERY_S", 0.5)
    monkeypatch.setattr(processes, "_LOCK_TIMEOUT_S", 1)
    engine = open_engine(settings("processes"))
    try:
        outcomes = run(engine, jobs(moment, Deadly()) + jobs(where, *range(6)))
    finally:
        engine.close()
    error = outcomes.pop(f"{moment.__name__}-0").error
    assert isinstance(error, PermanentError)
    assert error.code is ErrorCode.WORKER_DIED
    assert all(outcome.error is None for outcome in outcomes.values())


@pytest.mark.slow
def test_a_document_whose_process_died_is_tried_once_more(engine: Engine, tmp_path: Path) -> None:
    outcomes = run(engine, jobs(die_once, tmp_path / "died"))
    assert outcomes["die_once-0"].result == "survived"


@pytest.mark.slow
def test_a_process_that_dies_while_it_starts_costs_no_document() -> None:
    """The pool breaks when none of its processes has taken a job yet."""
    engine = open_engine(Settings(pipeline=PipelineSettings(max_concurrent_documents=2)))
    others = set(children())
    for job in jobs(where, *range(4)):
        engine.submit(job)
    while not (started := set(children()) - others):
        time.sleep(0.001)
    for process in started:
        process.kill()

    outcomes = [engine.next() for _ in range(4)]

    assert [outcome.error for outcome in outcomes] == [None] * 4
    engine.close()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["processes", pytest.param("dask", marks=pytest.mark.soak)])
def test_a_document_that_hangs_ends_at_its_time_limit(kind: str) -> None:
    engine = open_engine(settings(kind, 2))
    outcomes = run(engine, jobs(sleep, 600) + jobs(where, 1))
    engine.close()
    error = outcomes["sleep-0"].error
    assert isinstance(error, PermanentError)
    assert error.code is ErrorCode.TIMEOUT
    assert outcomes["where-0"].error is None


@pytest.mark.slow
def test_a_document_that_needs_too_much_memory_is_named(engine: Engine) -> None:
    error = run(engine, jobs(grow, 1))["grow-0"].error
    assert isinstance(error, PermanentError)
    assert error.code is ErrorCode.WORKER_DIED
    assert "memory" in str(error)


def test_each_process_computes_with_one_thread(engine: Engine) -> None:
    assert run(engine, jobs(threads, 1))["threads-0"].result == "1"


def test_a_process_can_begin_before_there_is_a_job() -> None:
    engine = open_engine(settings("processes"))
    others = set(children())
    engine.begin()
    while not (started := set(children()) - others):
        time.sleep(0.001)

    (outcome,) = run(engine, jobs(where, 1)).values()
    engine.close()

    assert {process.pid for process in started} == {outcome.result[1]}


@pytest.mark.slow
def test_there_are_no_more_processes_than_jobs(tmp_path: Path) -> None:
    engine = open_engine(settings("processes"))
    others = set(children())

    (alone,) = run(engine, jobs(where, 1)).values()
    (again,) = run(engine, jobs(where, 2)).values()
    after_one = set(children()) - others
    run(engine, [Job(f"meet-{n}", meet, (tmp_path / str(n), tmp_path / str(1 - n))) for n in range(2)])
    after_two = set(children()) - others
    engine.close()

    assert {process.pid for process in after_one} == {alone.result[1], again.result[1]}
    assert (len(after_one), len(after_two)) == (1, 2)


def test_jobs_of_higher_priority_begin_earlier(engine: Engine) -> None:
    short = [Job(f"short-{n}", sleep, (0.05,)) for n in range(12)]
    for job in [*short, Job("long", sleep, (0.05,), priority=9)]:
        engine.submit(job)
    keys = [engine.next().key for _ in range(13)]
    assert keys.index("long") < 6


def test_an_abandoned_job_gives_no_outcome_and_what_follows_works(engine: Engine) -> None:
    for job in jobs(sleep, *[0.3] * 8):
        engine.submit(job)
    engine.abandon()
    assert set(run(engine, jobs(where, 1))) == {"where-0"}


@pytest.mark.slow
def test_what_must_run_here_does_so_while_other_processes_work(engine: Engine) -> None:
    outcomes = run(engine, jobs(sleep, 0.5) + jobs(where, 1, place=Place.MAIN_THREAD))
    assert list(outcomes) == ["where-0", "sleep-0"]
    assert outcomes["where-0"].result[1] == os.getpid()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["processes", pytest.param("dask", marks=pytest.mark.slow)])
def test_a_working_process_ends_with_its_parent(tmp_path: Path, kind: str) -> None:
    (tmp_path / "working.py").write_text(
        "import os, time\ndef work():\n    print(os.getpid(), flush=True)\n    time.sleep(60)\n"
    )
    script = tmp_path / "parent.py"
    script.write_text(
        "import sys\n"
        "from pipeline.settings.operation import EngineSettings\n"
        "from pipeline.settings.sections import Settings\n"
        "from pipeline.engine import Job, open_engine\n"
        "from working import work\n"
        "engine = open_engine(Settings(engine=EngineSettings(kind=sys.argv[1])))\n"
        "engine.submit(Job('work', work, ()))\n"
        "engine.next()\n"
    )
    parent = psutil.Popen([sys.executable, str(script), kind], stdout=-1, text=True)
    child = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.wait()
    psutil.wait_procs([child], timeout=10)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_the_inline_engine_gives_the_same_outcomes() -> None:
    outcomes = run(inline_engine(), jobs(where, 7) + jobs(refuse, 1))
    assert outcomes["where-0"].result == (7, os.getpid())
    assert isinstance(outcomes["refuse-0"].error, PermanentError)
