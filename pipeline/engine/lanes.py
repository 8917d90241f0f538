"""A lane feeds one pool of workers with its jobs by priority; what ended its worker or was late gets one more try."""

from __future__ import annotations

import heapq
import itertools
import math
import queue
from dataclasses import dataclass

from pipeline.engine.jobs import Job, JobOutcome, LateError, ProcessLostError
from pipeline.engine.last_tries import LastTries
from pipeline.engine.pools import Done, Pool

_SHARE = 0.1  # of the time limit
_LEAST_S = 5.0


@dataclass(frozen=True)
class Ended:
    """A job that came back from a lane's pool."""

    lane: Lane
    job: Job
    generation: int
    outcome: JobOutcome


class Lane:
    """Keeps `slots` jobs in a pool, the rest waits here; ended jobs go to `finished`. Used by one thread."""

    def __init__(self, pool: Pool, slots: int, finished: queue.SimpleQueue[Ended], limit_s: float) -> None:
        self._pool = pool
        self.slots = slots
        self._finished = finished
        self._limit_s = limit_s
        self._order = itertools.count()
        self._waiting: list[tuple[float, int, int, Job]] = []
        self._running: dict[int, Job] = {}
        self._last_tries = LastTries(limit_s)
        self._late = 0

    @property
    def is_busy(self) -> bool:
        """Whether any job is in the pool, waits, or is to be tried again."""
        return self.has_first_tries or self._last_tries.are_left

    @property
    def has_first_tries(self) -> bool:
        """Whether any job is in the pool or waits that was not tried before."""
        return bool(self._running or self._waiting)

    def running(self) -> list[str]:
        """Keys of the jobs in the pool, oldest first. May be asked from any thread."""
        return [job.key for job in list(self._running.values())]  # copied in one step, which no thread interrupts

    def trying_again(self) -> list[str]:
        """Keys of the jobs that are having their last try. May be asked from any thread."""
        return self._last_tries.running()

    def begin(self) -> None:
        """Let a worker start before there is a job."""
        self._pool.begin()

    def submit(self, job: Job, generation: int) -> None:
        """Let a job wait for its turn. `generation` comes back with its outcome."""
        heapq.heappush(self._waiting, (-job.priority, next(self._order), generation, job))
        self._feed()

    def take(self, ended: Ended) -> JobOutcome | None:
        """The outcome of an ended job, None when it is to be tried again; begins what can begin now."""
        if ended.job in self._last_tries:
            return self._last_tries.end(ended.job, ended.outcome)
        del self._running[id(ended.job)]
        outcome: JobOutcome | None = ended.outcome
        if isinstance(ended.outcome.error, ProcessLostError):
            self.mend()
        self._late += isinstance(ended.outcome.error, LateError)
        if isinstance(ended.outcome.error, ProcessLostError | LateError):
            self._last_tries.add(ended.job, ended.generation, ended.outcome.error)
            outcome = None
        self._feed()
        return outcome

    def begin_last_tries(self) -> None:
        """To be called when nothing else is left to do: what may hang or crash once more then holds up nobody."""
        self._last_tries.feed(self._pool.again, self._report)

    def mend(self) -> None:
        """See that the workers can go on."""
        self._pool.mend()
        self._last_tries.mend()

    def clear(self) -> None:
        """Drop what has not begun."""
        self._waiting.clear()
        self._last_tries.clear()

    def close(self) -> None:
        """Drop what has not begun and end all workers."""
        self.clear()
        self._last_tries.close()
        self._pool.close()

    def _feed(self) -> None:
        while len(self._running) < self.slots and self._waiting:
            _, _, generation, job = heapq.heappop(self._waiting)
            self._running[id(job)] = job
            self._pool.start(job, first_limit_s(job, self._limit_s, self._late), self._report(job, generation))

    def _report(self, job: Job, generation: int) -> Done:
        return lambda outcome: self._finished.put(Ended(self, job, generation, outcome))


def first_limit_s(job: Job, limit_s: float, late: int) -> float:
    """A first try is cut short when it takes much longer than its document's size accounts for, and the sooner the more
    were `late` before it, so that many that hang hold up the others little longer than a few. The last try has the
    whole limit."""
    if job.usual_s is None:
        return limit_s * job.time_limits
    beyond_usual_s = max(math.ldexp(_SHARE * limit_s, -late), _LEAST_S)  # halved by each that was late
    return min(limit_s, beyond_usual_s + job.usual_s) * job.time_limits
