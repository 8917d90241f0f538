"""A Dask cluster as a pool of workers: one that is named by its scheduler's address, or one of this machine's own."""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
from typing import Any

import dask
from distributed import Client, Future, KilledWorker, LocalCluster, WorkerPlugin, get_worker
from distributed.utils import sync
from distributed.worker import Worker

from pipeline.engine.jobs import Job, JobOutcome, Place, ProcessLostError, timed
from pipeline.engine.lanes import Done
from pipeline.engine.worker import silence_libraries
from pipeline.errors import ConfigurationError, ErrorCode, PermanentError, TransientError
from pipeline.settings.sections import EngineSettings

_CONNECT_S = 30
_LATE = "nic-etl-late"
_ACKNOWLEDGED_WITHIN_S = 30


class _Quiet(WorkerPlugin):
    """Prepares every worker, those that join later too."""

    name = "nic-etl"

    def setup(self, worker: Worker) -> None:
        silence_libraries()


class DaskPool:
    """Jobs run on the cluster's workers; targets must be on a folder or object store that all of them reach."""

    def __init__(self, settings: EngineSettings, processes: int) -> None:
        """Connect. `processes` are started when no address is given. Raises ConfigurationError (nobody answers)."""
        self._settings = settings
        self._cluster = None if settings.dask_address else _local_cluster(settings, processes)
        try:
            self._client = Client(settings.dask_address or self._cluster, timeout=_CONNECT_S, set_as_default=False)
        except OSError as error:
            raise ConfigurationError(
                f"no Dask scheduler answers at NIC_DASK_ADDRESS = {settings.dask_address} ({type(error).__name__})"
            ) from None
        self._client.register_plugin(_Quiet())

    @property
    def cores(self) -> int:
        """Threads of all workers, at least one. Dask counts a worker's threads; give each one."""
        return max(1, sum(map(int, self._client.nthreads().values())))

    def start(self, job: Job, done: Done) -> None:
        ticket = secrets.token_hex(8)
        future = self._client.submit(
            _limited,
            job.function,
            job.arguments,
            self._settings.document_timeout_s * job.time_limits,
            ticket,
            key=f"{job.function.__name__}-{ticket}",
            priority=job.priority,
            resources={"GPU": 1} if job.place is Place.GPU else None,
        )
        future.add_done_callback(lambda ended: done(self._outcome(job, ended, ticket)))

    def mend(self) -> None:
        """Each worker's nanny does."""

    def close(self) -> None:
        self._client.close()
        if self._cluster is not None:
            self._cluster.close()

    def _outcome(self, job: Job, ended: Future[Any], ticket: str) -> JobOutcome:
        if ended.status == "finished":
            result, seconds = ended.result()
            return JobOutcome(job.key, result, seconds=seconds)
        if ended.status != "error":  # cancelled or lost: the scheduler is gone
            lost = TransientError("the Dask cluster stopped answering; run again", ErrorCode.ENGINE_UNREACHABLE)
            return JobOutcome(job.key, error=lost)
        error = ended.exception()
        if isinstance(error, KilledWorker):
            error = self._why_killed(ticket)
        return JobOutcome(job.key, error=error)

    def _why_killed(self, ticket: str) -> Exception:
        if any(told == ticket for _, told in self._client.get_events(_LATE)):
            limit_s = self._settings.document_timeout_s
            return PermanentError(f"took longer than [engine] document_timeout_s = {limit_s:g}", ErrorCode.TIMEOUT)
        return ProcessLostError("it needs more memory than a worker may have, or crashes a native library")


def _local_cluster(settings: EngineSettings, processes: int) -> LocalCluster:
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


def _limited(function: Any, arguments: tuple[Any, ...], limit_s: float, ticket: str) -> tuple[Any, float]:
    """On a worker: only the end of the process stops native code that hangs. Its nanny starts another."""
    watch = threading.Timer(limit_s, _end, (get_worker(), ticket))
    watch.daemon = True
    watch.start()
    try:
        return timed(function, arguments)
    finally:
        watch.cancel()


def _end(worker: Worker, ticket: str) -> None:
    """Tell the scheduler why and end this process, whatever its threads are doing."""
    with contextlib.suppress(Exception):  # on a busy machine an event that nobody has acknowledged may be lost
        sync(worker.loop, worker.scheduler.log_event, topic=_LATE, msg=ticket, callback_timeout=_ACKNOWLEDGED_WITHIN_S)
    os._exit(1)
