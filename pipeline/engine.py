"""Where heavy work runs: in this process, or in a pool of long-lived processes that load their models once.

A stage function is a plain picklable function of plain data. A process that dies or takes too long costs its one
document: it is replaced, and the document is tried once more alone before it counts as failed.
"""

from __future__ import annotations

import atexit
import logging
import multiprocessing
import os
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, as_completed
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from typing import Any, Protocol

import psutil
from pebble import ProcessExpired, ProcessPool

from pipeline.config import EngineSettings
from pipeline.errors import ErrorCode, PermanentError

log = logging.getLogger(__name__)
_MEMORY_EXIT_CODE = 86
_WATCH_INTERVAL_S = 0.5


@dataclass(frozen=True)
class Job:
    """One call of a stage function; `key` tells the caller whose it is."""

    key: str
    function: Callable[..., Any]
    arguments: tuple[Any, ...]


@dataclass(frozen=True)
class Outcome:
    """What became of a job: a result or an error, and the seconds it took where it ran."""

    key: str
    result: Any = None
    error: Exception | None = None
    seconds: float = 0.0


class Engine(Protocol):
    def map(self, jobs: Iterable[Job]) -> Iterator[Outcome]:
        """Run the jobs; outcomes come as they finish, in any order, one per job."""


class InlineEngine:
    """Runs jobs here, one after the other: for debugging and for processes that Luigi forked."""

    def map(self, jobs: Iterable[Job]) -> Iterator[Outcome]:
        for job in jobs:
            try:
                result, seconds = _timed(job.function, *job.arguments)
            except Exception as error:
                yield Outcome(job.key, error=error)
            else:
                yield Outcome(job.key, result, seconds=seconds)


class ProcessEngine:
    """A pool of spawned processes, one thread of mathematics each, warm until the run ends."""

    def __init__(self, settings: EngineSettings, processes: int) -> None:
        self.settings = settings
        self.processes = processes
        self._pool: ProcessPool | None = None

    def map(self, jobs: Iterable[Job]) -> Iterator[Outcome]:
        again: list[Job] = []
        for job, outcome in self._run(jobs):
            if isinstance(outcome.error, ProcessExpired):
                again.append(job)
            else:
                yield outcome
        for job in again:  # alone, so that it is certain whose fault it is
            for _, outcome in self._run([job]):
                yield _blame(outcome) if isinstance(outcome.error, ProcessExpired) else outcome

    def _run(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Outcome]]:
        pool = self._open()
        timeout_s = self.settings.document_timeout_s
        futures: dict[Future[Any], Job] = {
            pool.schedule(_timed, args=(job.function, *job.arguments), timeout=timeout_s): job for job in jobs
        }
        try:
            for future in as_completed(futures):
                job = futures.pop(future)
                try:
                    result, seconds = future.result()
                except FutureTimeout:
                    late = PermanentError(
                        f"took longer than [engine] document_timeout_s = {timeout_s:g}", ErrorCode.TIMEOUT
                    )
                    yield job, Outcome(job.key, error=late, seconds=timeout_s)
                except Exception as error:
                    yield job, Outcome(job.key, error=error)
                else:
                    yield job, Outcome(job.key, result, seconds=seconds)
        finally:
            for future in futures:
                future.cancel()

    def _open(self) -> ProcessPool:
        if self._pool is None:
            # processes are ended, not asked to tidy up; what the tracker then cleans is not worth a warning
            os.environ.setdefault("PYTHONWARNINGS", "ignore::UserWarning:multiprocessing.resource_tracker")
            self._pool = ProcessPool(
                max_workers=self.processes,
                max_tasks=self.settings.recycle_after,
                initializer=_start_process,
                initargs=(os.getpid(), self.settings.memory_limit_mb),
                context=multiprocessing.get_context("spawn"),
            )
            atexit.register(self.close)
        return self._pool

    def close(self) -> None:
        """End the processes; the next `map` starts new ones."""
        if self._pool is not None:
            self._pool.stop()
            self._pool.join()
            self._pool = None
            atexit.unregister(self.close)


def open_engine(settings: EngineSettings, max_concurrent_documents: int) -> Engine:
    """The engine that the settings name; 0 documents at once means one per core."""
    if settings.kind == "inline":
        return InlineEngine()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return ProcessEngine(settings, max_concurrent_documents or cores)


def _timed(function: Callable[..., Any], *arguments: Any) -> tuple[Any, float]:
    start = time.perf_counter()
    result = function(*arguments)
    return result, time.perf_counter() - start


def _blame(outcome: Outcome) -> Outcome:
    expired = outcome.error
    if isinstance(expired, ProcessExpired) and expired.exitcode == _MEMORY_EXIT_CODE:
        message = "needs more memory than [engine] memory_limit_mb allows one process"
    else:
        message = "ended the process that worked on it, twice; the file probably crashes a native library"
    return Outcome(outcome.key, error=PermanentError(message, ErrorCode.WORKER_DIED))


def _start_process(parent: int, memory_limit_mb: int) -> None:
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = "1"  # read when the libraries load: one thread a process, processes fill the cores
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    warnings.simplefilter("ignore")  # libraries' remarks about a document's details are nobody's news
    threading.Thread(target=_watch, args=(parent, memory_limit_mb), daemon=True).start()


def _watch(parent: int, memory_limit_mb: int) -> None:
    """End this process when its parent is gone (a killed run leaves no orphans) or when it outgrows its limit."""
    me = psutil.Process()
    while os.getppid() == parent:
        if me.memory_info().rss > memory_limit_mb * 1_000_000:
            os._exit(_MEMORY_EXIT_CODE)
        time.sleep(_WATCH_INTERVAL_S)
    os._exit(0)
