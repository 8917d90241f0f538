"""Where heavy work runs: this process, warm local processes, or a Dask cluster. Outcomes come back one at a time.

A stage function is a plain picklable function of plain data. Whoever submits jobs takes their outcomes with `next`,
all in one thread: nothing here calls back.
"""

from __future__ import annotations

import math
import queue
import time
from collections import deque

from pipeline.engine.jobs import Job, JobOutcome, Place, attempt
from pipeline.engine.lanes import Ended, Lane
from pipeline.engine.pools import Pool, ThreadPool
from pipeline.engine.resources import capacity
from pipeline.settings.sections import Settings

_CONCURRENT_REQUESTS = 8
_AHEAD = 1  # a job that waits inside the pool, so that no worker waits for this process
_MEND_EVERY_S = 5.0  # a process may die without anybody being told


class Engine:
    """Runs jobs, those of higher priority first, and hands over one outcome for each.

    Jobs of a place that has no lane run in this process, between outcomes: what must be here (the connection to local
    Qdrant files) gets its turn while other processes work.
    """

    def __init__(self, finished: queue.SimpleQueue[Ended], lanes: dict[Place, Lane]) -> None:
        self._finished = finished
        self._lanes = lanes
        self._here: deque[Job] = deque()
        self._now_here: str | None = None
        self._generation = 0
        self._mended = time.monotonic()

    def begin(self) -> None:
        """Let a process start, so that it is there when the first job comes."""
        if lane := self._lanes.get(Place.PROCESS):
            lane.begin()

    def submit(self, job: Job) -> None:
        """Hand a job in; its outcome comes from `next`. Returns at once, whatever the job does."""
        lane = self._lanes.get(job.place)
        if lane:
            lane.submit(job, self._generation)
        else:
            self._here.append(job)

    def next(self) -> JobOutcome:
        """Wait for a job to end. Raises LookupError when there is none."""
        while True:
            if self._here and self._finished.empty():
                return self._attempt_here(self._here.popleft())
            if not any(lane.is_busy for lane in self._lanes.values()):
                raise LookupError("no job is under way")
            if self.is_idle and self._finished.empty():
                for lane in self._lanes.values():
                    lane.begin_last_tries()
            self._mend()
            try:
                ended = self._finished.get(timeout=_MEND_EVERY_S)
            except queue.Empty:
                continue
            outcome = ended.lane.take(ended)
            if outcome is not None and ended.generation == self._generation:
                return outcome

    def _mend(self) -> None:
        if time.monotonic() - self._mended >= _MEND_EVERY_S:
            for lane in self._lanes.values():
                lane.mend()
            self._mended = time.monotonic()

    def _attempt_here(self, job: Job) -> JobOutcome:
        self._now_here = job.key
        try:
            return attempt(job)
        finally:
            self._now_here = None

    def running(self) -> list[str]:
        """Keys of the jobs that are being worked on. May be asked from any thread."""
        here = self._now_here
        keys = [here] if here else []
        for place, lane in self._lanes.items():
            waiting_inside = 0 if place is Place.THREAD else _AHEAD
            keys += lane.running()[: lane.slots - waiting_inside] + lane.trying_again()
        return keys

    def abandon(self) -> None:
        """Forget every job: those not begun never run, outcomes of the others are dropped."""
        self._generation += 1
        self._here.clear()
        for lane in self._lanes.values():
            lane.clear()

    @property
    def is_idle(self) -> bool:
        """True when nothing was submitted that has not come back, but for what is tried again when all else is done."""
        return not self._here and not any(lane.has_first_tries for lane in self._lanes.values())

    @property
    def workers(self) -> int:
        """Processes that work at the same time."""
        lane = self._lanes.get(Place.PROCESS)
        return lane.slots - _AHEAD if lane else 1

    def close(self) -> None:
        """End the processes; nothing can be submitted afterwards."""
        for lane in self._lanes.values():
            lane.close()


def inline_engine() -> Engine:
    """Everything in this process, only requests in threads: for debugging, and in processes that Luigi forked."""
    return _engine({Place.THREAD: (ThreadPool(_CONCURRENT_REQUESTS), _CONCURRENT_REQUESTS)}, math.inf)


def open_engine(settings: Settings) -> Engine:
    """The engine that the settings name; local processes start with the first job. Raises ConfigurationError."""
    processes = capacity(settings).workers
    gpu = settings.engine.gpu_processes
    pools: dict[Place, tuple[Pool, int]] = {Place.THREAD: (ThreadPool(_CONCURRENT_REQUESTS), _CONCURRENT_REQUESTS)}
    if settings.engine.kind == "processes":
        from pipeline.engine.processes import ProcessPool

        pools[Place.PROCESS] = ProcessPool(settings.engine, processes), processes + _AHEAD
        pools[Place.GPU] = ProcessPool(settings.engine, gpu, is_limited=False), gpu + _AHEAD
    elif settings.engine.kind == "dask":
        from pipeline.engine.dask import DaskPool

        cluster = DaskPool(settings.engine, processes)
        pools[Place.PROCESS] = cluster, cluster.cores + _AHEAD
        pools[Place.GPU] = cluster, gpu + _AHEAD
    return _engine(pools, settings.engine.document_timeout_s)


def _engine(pools: dict[Place, tuple[Pool, int]], limit_s: float) -> Engine:
    finished: queue.SimpleQueue[Ended] = queue.SimpleQueue()
    return Engine(finished, {place: Lane(pool, slots, finished, limit_s) for place, (pool, slots) in pools.items()})
