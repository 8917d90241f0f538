"""A Dask cluster as a pool of workers: one that is named by its scheduler's address, or one of this machine's own."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import threading
import time
from typing import Any

import dask
from distributed import Client, Future, KilledWorker, LocalCluster, Status, WorkerPlugin, get_worker
from distributed.utils import sync
from distributed.worker import Worker

from pipeline.engine.jobs import Job, JobOutcome, LateError, Place, ProcessLostError, load, timed
from pipeline.engine.pools import Done, Pool
from pipeline.engine.resources import PLANNER_MB, WORKER_MB, available_memory_mb
from pipeline.engine.worker import silence_libraries
from pipeline.errors import ConfigurationError, ErrorCode, TransientError
from pipeline.settings.operation import EngineSettings

_CONNECT_S = 30
_BEGUN, _LATE = "nic-etl-begun", "nic-etl-late"
_ACKNOWLEDGED_WITHIN_S = 30
_STUBBORN_S = 5
_WORKERS_BACK_WITHIN_S = 300
_MAX_ASSIGNMENTS = 10


class _Quiet(WorkerPlugin):
    """Prepares every worker, those that join later too."""

    name = "nic-etl"

    def setup(self, worker: Worker) -> None:
        silence_libraries()


class DaskPool:
    """Jobs run on the cluster's workers; targets must be on a folder or object store that all of them reach."""

    def __init__(self, settings: EngineSettings, processes: int) -> None:
        """Connect. `processes` are started when no address is given. Raises ConfigurationError (nobody answers)."""
        self._processes = processes
        self._cluster = None if settings.dask_address else _local_cluster(settings, processes)
        try:
            self._client = Client(settings.dask_address or self._cluster, timeout=_CONNECT_S, set_as_default=False)
        except OSError as error:
            raise ConfigurationError(
                f"no Dask scheduler answers at NIC_DASK_ADDRESS = {settings.dask_address} ({type(error).__name__})"
            ) from None
        self._client.register_plugin(_Quiet())
        self._under_way: set[Future[Any]] = set()
        self._workers_seen = time.monotonic()

    @property
    def cores(self) -> int:
        """Threads of all workers, at least one. Dask counts a worker's threads; give each one."""
        return max(1, sum(map(int, self._client.nthreads().values())))

    def begin(self) -> None:
        """Its workers have started."""

    def start(self, job: Job, limit_s: float, done: Done) -> None:
        """Begin a job on some worker; if that is lost before the job began, another one gets it."""
        self._assign(job, limit_s, done, _MAX_ASSIGNMENTS)

    def mend(self) -> None:
        """Each worker's nanny starts the next one; a nanny that could not is replaced. Jobs wait for either, but not
        for ever: without any worker they come back."""
        if self._cluster is not None:
            self._cluster.sync(_replace_nannies, self._cluster)
        with contextlib.suppress(OSError, RuntimeError):  # without a scheduler Dask cancels the jobs itself
            if self._client.nthreads():
                self._workers_seen = time.monotonic()
        if time.monotonic() - self._workers_seen > _WORKERS_BACK_WITHIN_S:
            for future in list(self._under_way):
                future.cancel(reason="no worker", force=True)

    def again(self, count: int) -> tuple[Pool, int]:
        """A cluster of this machine's own grows for them; another has the workers that it has."""
        if self._cluster is None:
            return _Guest(self), self.cores
        fitting = int((available_memory_mb() - PLANNER_MB) // WORKER_MB)
        together = max(self._processes, min(count, fitting))
        self._cluster.scale(together)
        return _Guest(self), together

    def shrink(self) -> None:
        """Back to the workers that the cluster began with."""
        if self._cluster is not None:
            self._cluster.scale(self._processes)

    def close(self) -> None:
        """End the connection, and the cluster if it is this machine's own."""
        self._client.close()
        if self._cluster is not None:
            self._cluster.close()

    def _assign(self, job: Job, limit_s: float, done: Done, assignments: int) -> None:
        ticket = secrets.token_hex(8)
        future = self._client.submit(
            _limited,
            job,
            limit_s,
            ticket,
            key=f"{job.function.__name__}-{ticket}",
            priority=job.priority,
            resources={"GPU": 1} if job.place is Place.GPU else None,
        )
        self._under_way.add(future)
        future.add_done_callback(lambda ended: self._end(job, limit_s, done, ended, ticket, assignments - 1))

    def _end(  # noqa: PLR0913, PLR0917 - what was assigned, and what became of it
        self, job: Job, limit_s: float, done: Done, ended: Future[Any], ticket: str, assignments: int
    ) -> None:
        """Dask blames a worker's end on all that was assigned to it: what had not begun there begins elsewhere."""
        self._under_way.discard(ended)
        killed = ended.status == "error" and isinstance(ended.exception(), KilledWorker)
        if killed and assignments and not self._was_told(_BEGUN, ticket):
            self._assign(job, limit_s, done, assignments)
        else:
            done(self._outcome(job, ended, ticket, limit_s))

    def _outcome(self, job: Job, ended: Future[Any], ticket: str, limit_s: float) -> JobOutcome:
        if ended.status == "finished":
            result, seconds = ended.result()
            return JobOutcome(job.key, result, seconds=seconds)
        if ended.status != "error":  # cancelled or lost: the scheduler or all workers are gone
            lost = TransientError("the Dask cluster stopped answering; run again", ErrorCode.ENGINE_UNREACHABLE)
            return JobOutcome(job.key, error=lost)
        error = ended.exception()
        if isinstance(error, KilledWorker):
            error = self._why_killed(ticket, limit_s)
        return JobOutcome(job.key, error=error)

    def _why_killed(self, ticket: str, limit_s: float) -> Exception:
        begun = [when for when, told in self._client.get_events(_BEGUN) if told == ticket]
        now: float = self._client.run_on_scheduler(time.time)
        if self._was_told(_LATE, ticket) or (begun and now - begun[0] > limit_s):
            return LateError()
        return ProcessLostError("it needs more memory than a worker may have, or crashes a native library")

    def _was_told(self, topic: str, ticket: str) -> bool:
        return any(told == ticket for _, told in self._client.get_events(topic))


class _Guest:
    """The same cluster, for as long as jobs are tried again."""

    def __init__(self, cluster: DaskPool) -> None:
        self.begin = cluster.begin
        self.start = cluster.start
        self.mend = cluster.mend
        self.again = cluster.again
        self.close = cluster.shrink


def _local_cluster(settings: EngineSettings, processes: int) -> LocalCluster:
    # Dask gives a nanny up whose worker is not back after 15 s, which a busy machine needs to start one
    dask.config.set({"distributed.deploy.lost-worker-timeout": f"{_WORKERS_BACK_WITHIN_S}s"})
    with dask.config.set({"distributed.scheduler.allowed-failures": 0}):  # the lane tries once more, alone
        return LocalCluster(
            n_workers=processes,
            threads_per_worker=1,
            memory_limit=settings.memory_limit_mb * 1_000_000,
            host="127.0.0.1",
            dashboard_address=None,
            silence_logs="ERROR",
            resources={"GPU": 1},
        )


async def _replace_nannies(cluster: LocalCluster) -> None:
    """Dask itself leaves a cluster without those that could not start their worker again."""
    for name, nanny in list(cluster.workers.items()):
        if nanny.status in (Status.closed, Status.failed):
            del cluster.workers[name]
    await cluster._correct_state()


def _limited(job: Job, limit_s: float, ticket: str) -> tuple[Any, float]:
    """On a worker: only the end of the process stops native code that hangs. Its nanny starts another."""
    worker = get_worker()
    load(job)
    _tell(worker, _BEGUN, ticket)
    watch = threading.Timer(limit_s, _end, (worker, ticket))
    watch.daemon = True
    watch.start()
    signal.setitimer(signal.ITIMER_REAL, limit_s + _STUBBORN_S)  # for code that lets no other thread run
    try:
        return timed(job.function, job.arguments)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        watch.cancel()


def _end(worker: Worker, ticket: str) -> None:
    """Tell the scheduler why and end this process, whatever its threads are doing."""
    _tell(worker, _LATE, ticket)
    os._exit(1)


def _tell(worker: Worker, topic: str, ticket: str) -> None:
    """Wait until the scheduler knows: on a busy machine a message that nobody has acknowledged may be lost."""
    with contextlib.suppress(Exception):  # without an answer, the job itself matters more
        sync(worker.loop, worker.scheduler.log_event, topic=topic, msg=ticket, callback_timeout=_ACKNOWLEDGED_WITHIN_S)
