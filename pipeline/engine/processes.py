"""A pool of spawned processes on this machine, warm until the run ends."""

from __future__ import annotations

import atexit
import logging
import os
import signal
from collections import deque
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import resource_tracker
from typing import Any

from pebble import ProcessExpired
from pebble import ProcessPool as PebblePool

from pipeline.engine import worker
from pipeline.engine.interruption import sigint_blocked
from pipeline.engine.jobs import Job, JobOutcome, LateError, ProcessLostError
from pipeline.engine.pools import Done, Pool
from pipeline.engine.resources import PLANNER_MB, WORKER_MB, available_memory_mb
from pipeline.engine.spawning import EngineContext
from pipeline.settings.operation import EngineSettings

_LOADING_LIMIT_S = 900
_LOCK_TIMEOUT_S = 20  # held for microseconds, or while pebble ends a process that is late, which takes seconds


class ProcessPool:
    """Processes that are replaced when they die, hang, outgrow their memory, or have done `recycle_after` jobs."""

    def __init__(self, settings: EngineSettings, processes: int, *, is_limited: bool = True) -> None:
        """`is_limited`: whether memory_limit_mb holds; what CUDA maps into a process says little about its size."""
        self._settings = settings
        self._memory_limit_mb = settings.memory_limit_mb if is_limited else None
        self._processes = processes
        self._pool: PebblePool | None = None
        self._under_way: dict[int, tuple[Job, Done]] = {}

    def begin(self) -> None:
        """Start one process; more follow with the jobs."""
        self._open()

    def start(self, job: Job, limit_s: float, done: Done) -> None:
        """As `Pool.start`. A pool that has broken is replaced."""
        self._under_way[id(job)] = job, done
        try:
            future = self._schedule(job, limit_s)
        except RuntimeError:  # pebble gives a pool up when a process dies before any has taken a job
            self.close()
            future = self._schedule(job, limit_s)
        future.add_done_callback(lambda ended: self._end(job, self._outcome(job, ended)))

    def mend(self) -> None:
        """A process that dies while it takes a job or hands a result over leaves a lock that no other can open again:
        pebble's processes then wait a minute and end, one after the other, and its time limits hold no more."""
        channel = self._pool._pool_manager.worker_manager.workers_channel if self._pool else None
        if self._pool is None or channel is None:
            return
        with channel.lock(timeout=_LOCK_TIMEOUT_S) as is_free:
            if is_free and self._pool.active:
                return
        self.close()
        for job, _ in list(self._under_way.values()):
            self._end(job, JobOutcome(job.key, error=ProcessLostError("processes die while they hand results over")))

    def again(self, count: int) -> tuple[Pool, int]:
        """A process for each job, as many at once as fit into the memory that is free now."""
        fitting = int((available_memory_mb() - PLANNER_MB) // WORKER_MB)
        return _PoolsOfOne(self._settings, is_limited=self._memory_limit_mb is not None), max(1, min(count, fitting))

    def close(self) -> None:
        """End the processes, whatever they do; the next job would start others."""
        if self._pool is not None:
            # SIGTERM ends the processes too, and pebble would begin others in their place until it is stopped
            self._pool._pool_manager.worker_manager.workers_number = 0
            self._pool.stop()
            self._pool.join()
            self._pool = None
            atexit.unregister(self.close)

    def _schedule(self, job: Job, limit_s: float) -> Future[Any]:
        pool = self._open()
        manager = pool._pool_manager.worker_manager
        manager.workers_number = max(manager.workers_number, self._wanted())
        # the process itself keeps the limit; this one ends what hangs before or after the document
        scheduled: Future[Any] = pool.schedule(worker.limited, args=(job, limit_s), timeout=limit_s + _LOADING_LIMIT_S)
        return scheduled

    def _wanted(self) -> int:
        """Processes for what is under way: one document needs no second process and its libraries."""
        return max(1, min(self._processes, len(self._under_way)))

    def _open(self) -> PebblePool:
        if self._pool is None:
            _start_tracker()
            pool = PebblePool(
                max_workers=self._wanted(),
                max_tasks=self._settings.recycle_after,
                initializer=worker.start,
                initargs=(os.getpid(), self._memory_limit_mb, logging.getLogger("pipeline").level),
                context=EngineContext(),
            )
            with sigint_blocked():  # this starts the pool's threads, and they the processes
                _ = pool.active
                self._pool = pool
                atexit.register(self.close)
        return self._pool

    def _end(self, job: Job, outcome: JobOutcome) -> None:
        """Once a job, from whichever thread."""
        if under_way := self._under_way.pop(id(job), None):
            under_way[1](outcome)

    def _outcome(self, job: Job, ended: Future[Any]) -> JobOutcome:
        try:
            result, seconds = ended.result()
        except FutureTimeout:
            return JobOutcome(job.key, error=LateError())
        except ProcessExpired as expired:
            late = expired.exitcode == -signal.SIGALRM
            return JobOutcome(job.key, error=LateError() if late else ProcessLostError(_reason(expired)))
        except BrokenProcessPool:
            return JobOutcome(job.key, error=ProcessLostError("processes end while they start"))
        except Exception as error:
            return JobOutcome(job.key, error=error)
        return JobOutcome(job.key, result, seconds=seconds)


class _PoolsOfOne:
    """A new process for each job: no other job can be what ends it."""

    def __init__(self, settings: EngineSettings, *, is_limited: bool) -> None:
        self._settings = settings
        self._is_limited = is_limited
        self._open: list[ProcessPool] = []
        self._ended: deque[ProcessPool] = deque()

    def begin(self) -> None:
        """Each job begins one."""

    def start(self, job: Job, limit_s: float, done: Done) -> None:
        pool = ProcessPool(self._settings, 1, is_limited=self._is_limited)
        self._open.append(pool)

        def end(outcome: JobOutcome) -> None:  # in a thread of the pool, which cannot close it
            self._ended.append(pool)
            done(outcome)

        pool.start(job, limit_s, end)

    def mend(self) -> None:
        while self._ended:
            pool = self._ended.popleft()
            pool.close()
            self._open.remove(pool)
        for pool in list(self._open):
            pool.mend()

    def again(self, count: int) -> tuple[Pool, int]:
        return self, count

    def close(self) -> None:
        for pool in self._open:
            pool.close()
        self._open.clear()
        self._ended.clear()


def _start_tracker() -> None:
    """multiprocessing's own process; left to start with the first of ours, it would unblock SIGINT on its way."""
    # processes are ended, not asked to tidy up; what the tracker then cleans is not worth a warning
    os.environ.setdefault("PYTHONWARNINGS", "ignore::UserWarning:multiprocessing.resource_tracker")
    resource_tracker.ensure_running()


def _reason(expired: ProcessExpired) -> str:
    if expired.exitcode == worker.MEMORY_EXIT_CODE:
        return "it needs more memory than [engine] memory_limit_mb allows one process"
    return "the file probably crashes a native library"
