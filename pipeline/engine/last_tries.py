"""The second and last try of jobs that ended their process or were late, each alone in a process of its own."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from pipeline.engine.jobs import Job, JobOutcome, LateError, ProcessLostError
from pipeline.engine.pools import Done, Pool
from pipeline.errors import ErrorCode, PermanentError


@dataclass(frozen=True)
class _Try:
    job: Job
    generation: int
    before: Exception
    """How the first try ended."""


class LastTries:
    """The jobs of one lane that are tried again.

    Late ones go together, so that all of them cost one time limit; those that ended their process, perhaps for want of
    memory, go one at a time.
    """

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._late: deque[_Try] = deque()
        self._lost: deque[_Try] = deque()
        self._running: dict[int, _Try] = {}
        self._pool: Pool | None = None
        self._together = 0

    @property
    def are_left(self) -> bool:
        return bool(self._late or self._lost or self._running)

    def __contains__(self, job: Job) -> bool:
        """Whether this very job is having its last try."""
        return id(job) in self._running

    def running(self) -> list[str]:
        """Keys of the jobs that are being tried. May be asked from any thread."""
        return [tried.job.key for tried in list(self._running.values())]

    def add(self, job: Job, generation: int, before: Exception) -> None:
        """Keep a job for later; `before` is the LateError or ProcessLostError that ended its first try."""
        queue = self._late if isinstance(before, LateError) else self._lost
        queue.append(_Try(job, generation, before))

    def feed(self, again: Callable[[int], tuple[Pool, int]], report: Callable[[Job, int], Done]) -> None:
        """Begin what can begin, in workers of `again`."""
        if self._pool is None and (self._late or self._lost):
            self._pool, self._together = again(max(1, len(self._late)))
        while self._late and len(self._running) < self._together:
            self._start(self._late.popleft(), report)
        if self._lost and not self._running:
            self._start(self._lost.popleft(), report)

    def end(self, job: Job, outcome: JobOutcome) -> JobOutcome:
        """What is said of the job in the end."""
        tried = self._running.pop(id(job))
        if not self.are_left:
            self.close()
        elif self._pool is not None:
            self._pool.mend()
        if isinstance(outcome.error, LateError):
            return JobOutcome(job.key, error=_late(self._limit_s), seconds=self._limit_s * job.time_limits)
        if isinstance(outcome.error, ProcessLostError):
            return JobOutcome(job.key, error=_blame(outcome.error, tried.before))
        return outcome

    def mend(self) -> None:
        """See that the workers can go on, if there are any yet."""
        if self._pool is not None:
            self._pool.mend()

    def clear(self) -> None:
        """Drop what has not begun."""
        self._late.clear()
        self._lost.clear()

    def close(self) -> None:
        """End the workers."""
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def _start(self, tried: _Try, report: Callable[[Job, int], Done]) -> None:
        if self._pool is not None:
            self._running[id(tried.job)] = tried
            limit_s = self._limit_s * tried.job.time_limits
            self._pool.start(tried.job, limit_s, report(tried.job, tried.generation))


def _late(limit_s: float) -> PermanentError:
    return PermanentError(f"took longer than [engine] document_timeout_s = {limit_s:g}", ErrorCode.TIMEOUT)


def _blame(error: ProcessLostError, before: Exception) -> PermanentError:
    if isinstance(before, LateError):
        return PermanentError(f"ended the process that worked on it: {error}", ErrorCode.WORKER_DIED)
    return PermanentError(f"ended the process that worked on it, twice: {error}", ErrorCode.WORKER_DIED)
