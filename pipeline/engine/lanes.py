"""A lane feeds one pool of workers with its jobs by priority, and gives a job whose worker died one more chance."""

from __future__ import annotations

import heapq
import itertools
import queue
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from pipeline.engine.jobs import Job, JobOutcome, ProcessLostError, attempt
from pipeline.errors import ErrorCode, PermanentError

Done = Callable[[JobOutcome], None]


class Pool(Protocol):
    """Workers of one kind."""

    def start(self, job: Job, done: Done) -> None:
        """Begin a job; `done` is called once, from any thread. A worker's death is a ProcessLostError."""

    def mend(self) -> None:
        """Replace the workers if they cannot go on; what they were doing is a ProcessLostError."""

    def close(self) -> None:
        """End the workers."""


class ThreadPool:
    """Threads of this process, for jobs that wait for a network."""

    def __init__(self, threads: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="requests")

    def start(self, job: Job, done: Done) -> None:
        self._threads.submit(lambda: done(attempt(job)))

    def mend(self) -> None:
        """Threads do not die."""

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


@dataclass(frozen=True)
class Ended:
    """A job that came back from a lane's pool."""

    lane: Lane
    job: Job
    generation: int
    outcome: JobOutcome


class Lane:
    """Keeps `slots` jobs in a pool, the rest waits here; ended jobs go to `finished`. Used by one thread."""

    def __init__(self, pool: Pool, slots: int, finished: queue.SimpleQueue[Ended]) -> None:
        self._pool = pool
        self.slots = slots
        self._finished = finished
        self._order = itertools.count()
        self._waiting: list[tuple[float, int, int, Job]] = []
        self._lost: deque[tuple[int, Job]] = deque()
        self._running: dict[int, Job] = {}
        self._alone: Job | None = None

    @property
    def is_busy(self) -> bool:
        return bool(self._running or self._waiting or self._lost)

    def running(self) -> list[str]:
        """Keys of the jobs in the pool, oldest first. May be asked from any thread."""
        return [job.key for job in list(self._running.values())]  # copied in one step, which no thread interrupts

    def submit(self, job: Job, generation: int) -> None:
        heapq.heappush(self._waiting, (-job.priority, next(self._order), generation, job))
        self._feed()

    def take(self, ended: Ended) -> JobOutcome | None:
        """The outcome of an ended job, None when it is to be tried again; begins what can begin now."""
        del self._running[id(ended.job)]
        outcome: JobOutcome | None = ended.outcome
        if isinstance(ended.outcome.error, ProcessLostError):
            self.mend()
            if ended.job is self._alone:
                outcome = JobOutcome(ended.job.key, error=_blame(ended.outcome.error))
            else:
                self._lost.append((ended.generation, ended.job))
                outcome = None
        if ended.job is self._alone:
            self._alone = None
        self._feed()
        return outcome

    def mend(self) -> None:
        """See that the workers can go on."""
        self._pool.mend()

    def clear(self) -> None:
        """Drop what has not begun."""
        self._waiting.clear()
        self._lost.clear()

    def close(self) -> None:
        self.clear()
        self._pool.close()

    def _feed(self) -> None:
        """A job whose worker died is tried again when nothing else runs: then it is certain whose fault it is."""
        while self._alone is None and len(self._running) < self.slots and self._waiting and not self._lost:
            _, _, generation, job = heapq.heappop(self._waiting)
            self._start(job, generation)
        if self._lost and not self._running:
            generation, self._alone = self._lost.popleft()
            self._start(self._alone, generation)

    def _start(self, job: Job, generation: int) -> None:
        self._running[id(job)] = job
        self._pool.start(job, lambda outcome: self._finished.put(Ended(self, job, generation, outcome)))


def _blame(error: ProcessLostError) -> PermanentError:
    return PermanentError(f"ended the process that worked on it, twice: {error}", ErrorCode.WORKER_DIED)
