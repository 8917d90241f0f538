"""What hangs or crashes is tried once more, alone, when all others are done; loading models is no document's time."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from pipeline.engine import Engine, Job, JobOutcome, lanes, open_engine, processes
from pipeline.engine.jobs import LateError
from pipeline.engine.lanes import first_limit_s
from pipeline.engine.pools import Done
from pipeline.errors import ErrorCode, PermanentError
from pipeline.settings.operation import EngineSettings
from pipeline.settings.sections import PipelineSettings, Settings

KINDS = ["processes", pytest.param("dask", marks=pytest.mark.slow)]
FIRST_TRY_S = 0.5
STUCK = 3


def opened(kind: str, limit_s: float) -> Engine:
    return open_engine(
        Settings(
            pipeline=PipelineSettings(max_concurrent_documents=2),
            engine=EngineSettings.model_validate({"kind": kind, "document_timeout_s": limit_s}),
        )
    )


@pytest.fixture(params=KINDS)
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """Cuts first tries short where a document's usual time is known, and gives last tries all the time they need."""
    monkeypatch.setattr(lanes, "_SHARE", 0)
    monkeypatch.setattr(lanes, "_LEAST_S", FIRST_TRY_S)
    monkeypatch.setattr(processes, "available_memory_mb", lambda: 1e6)
    made = opened(request.param, 600)
    if request.param == "dask":
        from pipeline.engine import dask

        monkeypatch.setattr(dask, "available_memory_mb", lambda: 1e6)
    yield made
    made.close()


def hang() -> None:
    while True:
        time.sleep(60)


def tries(folder: Path, name: str) -> int:
    """How many tries of this document have begun, with this one."""
    number = len(list(folder.glob(f"{name}-*"))) + 1
    (folder / f"{name}-{number}").touch()
    return number


def hang_once(folder: Path, name: str) -> str:
    if tries(folder, name) == 1:
        hang()
    return "read"


def hang_until_all_are_tried_again(folder: Path, name: str) -> str:
    if tries(folder, name) == 1:
        hang()
    while len(list(folder.glob("*-2"))) < STUCK:
        time.sleep(0.05)
    return "met"


def die_twice_alone(folder: Path, name: str) -> None:
    """A second try that finds another one going on says so."""
    number = tries(folder, name)
    if number == 2:
        (folder / "going on").mkdir()
        time.sleep(0.2)
        (folder / "going on").rmdir()
    os.kill(os.getpid(), signal.SIGKILL)


def backtrack() -> None:
    """Python's other threads wait until the pattern is matched, in some thousand years."""
    re.match(r"(a+)+$", "a" * 60 + "b")


def answer(number: int) -> int:
    return number


def outcomes(engine: Engine, jobs: list[Job]) -> list[JobOutcome]:
    for job in jobs:
        engine.submit(job)
    return [engine.next() for _ in jobs]


def stuck(function: Callable[..., object], folder: Path, count: int = STUCK) -> list[Job]:
    """Begun before all others."""
    return [Job(f"stuck-{n}", function, (folder, f"{n}"), priority=9, usual_s=0) for n in range(count)]


def good(count: int) -> list[Job]:
    return [Job(f"good-{n}", answer, (n,)) for n in range(count)]


@pytest.mark.slow
def test_what_hangs_is_tried_again_after_all_others_and_all_of_it_at_once(engine: Engine, tmp_path: Path) -> None:
    ended = outcomes(engine, stuck(hang_until_all_are_tried_again, tmp_path) + good(9))
    assert {outcome.key for outcome in ended[:9]} == {job.key for job in good(9)}
    assert [outcome.result for outcome in ended[9:]] == ["met"] * STUCK


@pytest.mark.slow
def test_a_document_that_hangs_only_once_is_read(engine: Engine, tmp_path: Path) -> None:
    (ended,) = outcomes(engine, stuck(hang_once, tmp_path, 1))
    assert (ended.error, ended.result) == (None, "read")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0-1", "0-2"]


@pytest.mark.slow
def test_what_ended_its_process_is_tried_again_last_and_one_at_a_time(engine: Engine, tmp_path: Path) -> None:
    ended = outcomes(engine, stuck(die_twice_alone, tmp_path) + good(9))
    assert {outcome.key for outcome in ended[:9]} == {job.key for job in good(9)}
    for outcome in ended[9:]:
        assert isinstance(outcome.error, PermanentError)
        assert outcome.error.code is ErrorCode.WORKER_DIED
    assert len(list(tmp_path.glob("*-2"))) == STUCK
    assert not list(tmp_path.glob("*-3"))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_code_that_lets_no_other_thread_run_is_ended_at_the_limit(kind: str) -> None:
    engine = opened(kind, 1)
    (ended,) = outcomes(engine, [Job("stuck", backtrack, ())])
    engine.close()
    assert isinstance(ended.error, PermanentError)
    assert ended.error.code is ErrorCode.TIMEOUT


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_loading_a_model_is_no_documents_time(kind: str, tmp_path: Path) -> None:
    engine = opened(kind, 1.5)
    jobs = [Job(f"good-{n}", answer, (n,), prepare=partial(time.sleep, 2.5)) for n in range(2)]
    ended = outcomes(engine, jobs)
    engine.close()
    assert {outcome.result for outcome in ended} == {0, 1}
    assert all(outcome.seconds < 1 for outcome in ended)


def test_what_cannot_be_loaded_is_left_to_the_document() -> None:
    engine = opened("processes", 60)
    (ended,) = outcomes(engine, [Job("good", answer, (7,), prepare=partial(int, "seven"))])
    engine.close()
    assert ended.result == 7


@pytest.mark.parametrize(
    ("usual_s", "first_s"),
    [(None, 900), (0, 90), (120, 210), (5000, 900)],
    ids=["of unknown size", "small", "large", "as large as may be"],
)
def test_a_first_try_has_a_tenth_of_the_limit_more_than_the_size_accounts_for(
    usual_s: float | None, first_s: float
) -> None:
    assert first_limit_s(Job("one", answer, (1,), usual_s=usual_s), 900, late=0) == first_s


def test_the_more_documents_hang_the_sooner_the_next_is_put_off() -> None:
    small, large = (Job("one", answer, (1,), usual_s=usual_s) for usual_s in (0, 120))
    assert [first_limit_s(small, 900, late) for late in range(6)] == [90, 45, 22.5, 11.25, 5.625, 5]
    assert first_limit_s(small, 900, late=100_000) == 5
    assert first_limit_s(large, 900, late=100_000) == 125  # what its size accounts for is not taken from it


def test_a_short_limit_leaves_first_tries_some_seconds() -> None:
    assert first_limit_s(Job("one", answer, (1,), usual_s=0), 20, late=0) == 5
    assert first_limit_s(Job("one", answer, (1,), usual_s=0), 3, late=0) == 3


def test_each_document_that_is_late_halves_the_time_of_first_tries_that_begin_after_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given: list[float] = []

    def start(pool: processes.ProcessPool, job: Job, limit_s: float, done: Done) -> None:
        given.append(limit_s)
        done(JobOutcome(job.key, error=LateError() if len(given) <= STUCK else None))

    monkeypatch.setattr(processes.ProcessPool, "start", start)
    engine = opened("processes", 900)
    outcomes(engine, stuck(hang_once, tmp_path, STUCK + 2))
    engine.close()
    assert given == [90, 90, 90, 45, 22.5, 900, 900, 900]  # two at work and one ahead begin before any is late
