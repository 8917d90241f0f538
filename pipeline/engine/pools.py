"""Workers of one kind, as a lane needs them; those that are threads of this process."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from pipeline.engine.jobs import Job, JobOutcome, attempt

Done = Callable[[JobOutcome], None]


class Pool(Protocol):
    """Workers of one kind."""

    def begin(self) -> None:
        """Let a worker start, so that it is there when the first job comes."""

    def start(self, job: Job, limit_s: float, done: Done) -> None:
        """Begin a job; `done` is called once, from any thread. A worker's death is a ProcessLostError, its end at the
        limit a LateError."""

    def mend(self) -> None:
        """Replace the workers if they cannot go on; what they were doing is a ProcessLostError."""

    def again(self, count: int) -> tuple[Pool, int]:
        """Workers for so many jobs that are tried again, each alone in its process, and how many go at once."""

    def close(self) -> None:
        """End the workers."""


class ThreadPool:
    """Threads of this process, for jobs that wait for a network."""

    def __init__(self, threads: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="requests")

    def begin(self) -> None:
        """Threads are there at once."""

    def start(self, job: Job, limit_s: float, done: Done) -> None:
        """Requests have time limits of their own."""
        self._threads.submit(lambda: done(attempt(job)))

    def mend(self) -> None:
        """Threads do not die."""

    def again(self, count: int) -> tuple[Pool, int]:
        """The same threads: nothing that they do ends the process."""
        return self, count

    def close(self) -> None:
        """Returns at once; what has not begun never runs."""
        self._threads.shutdown(wait=False, cancel_futures=True)
