"""On a Dask cluster a document answers only for the worker that it was being worked on, and none waits for ever."""

import os
import queue
import signal
import time
from collections.abc import Iterator

import pytest
from distributed import LocalCluster

from pipeline.engine import Job, JobOutcome, dask
from pipeline.engine.jobs import ProcessLostError
from pipeline.errors import ErrorCode, TransientError
from pipeline.settings.operation import EngineSettings

pytestmark = pytest.mark.slow


@pytest.fixture
def pool() -> Iterator[dask.DaskPool]:
    made = dask.DaskPool(EngineSettings(kind="dask", document_timeout_s=60), processes=1)
    yield made
    made.close()


def started(pool: dask.DaskPool, *jobs: Job) -> "queue.SimpleQueue[JobOutcome]":
    outcomes: queue.SimpleQueue[JobOutcome] = queue.SimpleQueue()
    for job in jobs:
        pool.start(job, 60, outcomes.put)
    return outcomes


def cluster(pool: dask.DaskPool) -> LocalCluster:
    assert pool._cluster is not None
    return pool._cluster


def begun(pool: dask.DaskPool) -> int:
    return len(pool._client.get_events(dask._BEGUN))


def test_a_document_that_only_waited_at_a_dead_worker_is_not_blamed(pool: dask.DaskPool) -> None:
    (worker,) = pool._client.run(os.getpid).values()
    outcomes = started(pool, Job("working", time.sleep, (60,)), Job("waiting", abs, (-7,)))
    while not begun(pool):
        time.sleep(0.05)

    os.kill(worker, signal.SIGKILL)

    ended = {outcome.key: outcome for outcome in (outcomes.get(timeout=120), outcomes.get(timeout=120))}
    assert isinstance(ended["working"].error, ProcessLostError)
    assert ended["waiting"].result == 7


def test_a_nanny_that_is_gone_is_replaced(pool: dask.DaskPool) -> None:
    cluster(pool).sync(cluster(pool).workers[0].close)  # as after a worker that could not be started again
    outcomes = started(pool, Job("waiting", abs, (-7,)))
    with pytest.raises(queue.Empty):
        outcomes.get(timeout=2)

    pool.mend()

    assert outcomes.get(timeout=120).result == 7


def test_without_workers_documents_come_back_for_the_next_run(
    pool: dask.DaskPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster(pool).scale(0)
    while pool._client.nthreads():
        time.sleep(0.05)
    outcomes = started(pool, Job("waiting", abs, (-7,)))

    monkeypatch.setattr(dask, "_WORKERS_BACK_WITHIN_S", 0)
    pool.mend()

    error = outcomes.get(timeout=60).error
    assert isinstance(error, TransientError)
    assert error.code is ErrorCode.ENGINE_UNREACHABLE
