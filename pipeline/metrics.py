"""A run's state as Prometheus metrics, read off its log and the note of the last success.

One collector serves all who ask: `python -m pipeline metrics` prints, serves or writes what it gives, and a run writes
it to `[pipeline] metrics_file`. Labels are stages, states and error codes alone: no path, no name, no secret.
docs/monitoring.md lists the metrics.
"""

from __future__ import annotations

import itertools
import logging
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import get_args

import psutil
from prometheus_client import CollectorRegistry, generate_latest, write_to_textfile
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from pipeline import files
from pipeline.config import __version__
from pipeline.errors import ErrorCode, PipelineError
from pipeline.events import Begun
from pipeline.results import Success
from pipeline.schema import Stage
from pipeline.tally import BUCKETS_S, Outcome, Tally, latest_run
from pipeline.targets import DataDir

log = logging.getLogger(__name__)
_BYTES_OF_MB = 1e6


class RunCollector(Collector):
    """The metrics of the newest run of a data directory; each `collect` reads only what is new in its log."""

    def __init__(self, data: DataDir) -> None:
        self._data = data
        self._tally: Tally | None = None
        self._lock = threading.Lock()  # the server has a thread for each scrape

    def collect(self) -> Iterable[Metric]:
        """Raises TransientError when the data directory cannot be read."""
        with self._lock:
            tally = self._latest()
            newest = _run(tally, tally.begun) if tally and tally.begun else ()  # a log of an older version has no start
            return [*_standing(_last_success(self._data)), *newest]

    def _latest(self) -> Tally | None:
        folder = latest_run(self._data.last_success.parent)
        if folder is None:
            return None
        if self._tally is None or self._tally.folder != folder:
            self._tally = Tally(folder)
        self._tally.update()
        return self._tally


def registry(data: DataDir) -> CollectorRegistry:
    """What prometheus_client prints, serves or writes to a file."""
    made = CollectorRegistry(auto_describe=False)
    made.register(RunCollector(data))
    return made


def exposition(data: DataDir) -> bytes:
    """The metrics in Prometheus' text format (UTF-8). Raises TransientError."""
    return generate_latest(registry(data))


class MetricsFile:
    """A file for node_exporter's textfile collector, replaced as a whole; a run is not stopped by its absence."""

    def __init__(self, path: Path, data: DataDir) -> None:
        self._path = path
        self._registry = registry(data)
        self._complained = False

    def write(self) -> None:
        """Replace the file; what prevents it is said once."""
        try:
            write_to_textfile(str(self._path), self._registry)
        except (OSError, PipelineError) as error:
            if not self._complained:
                log.warning("[pipeline] metrics_file cannot be written: %s", getattr(error, "strerror", error))
            self._complained = True


def _last_success(data: DataDir) -> Success | None:
    try:
        return files.read_model(data.last_success, Success)
    except FileNotFoundError:
        return None


def _gauge(name: str, help_text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"nic_etl_{name}", help_text, value=value)


def _standing(success: Success | None) -> Iterator[Metric]:
    """What holds between runs."""
    yield InfoMetricFamily("nic_etl_build", "Version of the pipeline.", value={"version": __version__})
    yield _gauge("machine_memory_bytes", "Memory of this machine.", psutil.virtual_memory().total)
    yield _gauge(
        "last_success_timestamp_seconds",
        "When a run last found or brought the collection in step with the folder; 0: never.",
        success.time.timestamp() if success else 0,
    )
    if success:
        yield _gauge("published_documents", "Documents in the collection at the last success.", success.documents)
        yield _gauge("published_points", "Points in the collection at the last success.", success.points)
        yield _gauge("quarantined_documents", "Documents set aside at the last success.", success.quarantined)


def _run(tally: Tally, begun: Begun) -> Iterator[Metric]:
    """What the newest run did or is doing."""
    outcome = GaugeMetricFamily("nic_etl_run_outcome", "1 for the state of the newest run.", labels=["outcome"])
    for each in get_args(Outcome):
        outcome.add_metric([each], each == tally.outcome())
    yield outcome
    yield _gauge("run_start_timestamp_seconds", "When the newest run began.", begun.time.timestamp())
    yield _gauge("run_progress_timestamp_seconds", "When it last did something.", tally.last_progress.timestamp())
    yield _gauge("run_duration_seconds", "How long it took, or has been going on.", tally.elapsed_s)
    yield _gauge("run_snapshot_documents", "Documents in the folder.", begun.documents)
    yield _gauge("run_waiting_documents", "Documents of shards that are not open yet.", tally.waiting)
    yield _gauge("run_workers", "Processes that work at the same time.", begun.workers)
    yield from _stages(tally)
    yield from _resources(tally)


def _stages(tally: Tally) -> Iterator[Metric]:
    documents = GaugeMetricFamily("nic_etl_run_documents", "Documents by stage and status.", labels=["stage", "status"])
    seconds = HistogramMetricFamily(
        "nic_etl_run_stage_duration_seconds", "Seconds that documents spent in a stage.", labels=["stage"]
    )
    for stage in Stage:
        done = tally.stages[stage]
        documents.add_metric([stage, "pending"], tally.pending(stage))
        documents.add_metric([stage, "completed"], done.ended - done.failed)
        documents.add_metric([stage, "failed"], done.failed)
        limits = [*map(str, BUCKETS_S), "+Inf"]
        seconds.add_metric([stage], list(zip(limits, itertools.accumulate(done.buckets), strict=True)), done.work_s)
    errors = CounterMetricFamily("nic_etl_run_errors", "Documents that failed, by error code.", labels=["code"])
    for code in ErrorCode:
        errors.add_metric([code], tally.errors[code])
    yield from (documents, seconds, errors)


def _resources(tally: Tally) -> Iterator[Metric]:
    now = tally.sample if tally.outcome() == "running" else None
    yield _gauge("run_memory_bytes", "Memory of the run's processes.", now.memory_mb * _BYTES_OF_MB if now else 0)
    yield _gauge("run_memory_peak_bytes", "The most it was, as sampled.", tally.peak_memory_mb * _BYTES_OF_MB)
    yield _gauge("run_cpu_cores", "Cores that the run's processes keep busy.", now.cpu_percent / 100 if now else 0)
