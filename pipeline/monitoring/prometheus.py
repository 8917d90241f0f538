"""A run's state as Prometheus metrics, read off its log and the note of the last success.

One collector serves all who ask: `nic metrics` prints, serves or writes what it gives, and a run writes
it to `[pipeline] metrics_file`. Labels are stages, states, error codes and kinds of missing text alone: no path, no
name, no secret. docs/monitoring.md lists the metrics.
"""

from __future__ import annotations

import itertools
import logging
import threading
import time
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

from pipeline.datadir import files
from pipeline.datadir.paths import DataDir
from pipeline.errors import DamagedFileError, ErrorCode, PipelineError
from pipeline.monitoring.history import begun_runs
from pipeline.monitoring.monitor import Monitor
from pipeline.monitoring.view import View
from pipeline.run.events import RunOutcome
from pipeline.run.facts import BUCKETS_S, RunFacts
from pipeline.run.records import Success
from pipeline.settings.sections import __version__

log = logging.getLogger(__name__)
OUTCOMES = ("running", *get_args(RunOutcome), "killed")
_WRITE_EVERY_S = 15.0
_MB = 1e6


class RunCollector(Collector):
    """The metrics of the newest run of a data directory; each `collect` reads only what is new in its log."""

    def __init__(self, data: DataDir) -> None:
        self._data = data
        self._monitor: Monitor | None = None
        self._lock = threading.Lock()  # the server has a thread for each scrape

    def collect(self) -> Iterable[Metric]:
        """Raises TransientError when the data directory cannot be read."""
        with self._lock:
            return [*_standing(_last_success(self._data)), *self._newest()]

    def _newest(self) -> Iterator[Metric]:
        runs = self._data.run("")
        begun = begun_runs(runs)
        if not begun:
            return
        if self._monitor is None or self._monitor.run_id != begun[-1]:
            self._monitor = Monitor(runs / begun[-1])
        view = self._monitor.view()
        yield from _run(self._monitor.facts, view)


def registry(data: DataDir) -> CollectorRegistry:
    """What prometheus_client prints, serves or writes to a file."""
    made = CollectorRegistry(auto_describe=False)
    made.register(RunCollector(data))
    return made


def exposition(data: DataDir) -> bytes:
    """The metrics in Prometheus' text format (UTF-8). Raises TransientError."""
    return generate_latest(registry(data))


class MetricsFile:
    """A file for node_exporter's textfile collector, replaced as a whole now and then while a run goes on, and at its
    end. A run is not stopped by what prevents that; it is said once."""

    def __init__(self, path: Path, data: DataDir) -> None:
        self._path = path
        self._registry = registry(data)
        self._written = float("-inf")
        self._complained = False

    def update(self, _: View) -> None:
        """The run goes on: write what is new if the file is old."""
        if time.monotonic() - self._written >= _WRITE_EVERY_S:
            self.close()

    def close(self) -> None:
        """Write what there is to say."""
        self._written = time.monotonic()
        try:
            write_to_textfile(str(self._path), self._registry)
        except (OSError, PipelineError) as error:
            if not self._complained:
                log.warning("NIC_METRICS_FILE cannot be written: %s", getattr(error, "strerror", error))
            self._complained = True


def _last_success(data: DataDir) -> Success | None:
    try:
        return files.read_model(data.last_success, Success)
    except (FileNotFoundError, DamagedFileError):
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
        yield _gauge("quarantined_documents", "Documents in quarantine at the last success.", success.quarantined)
        yield _gauge("incomplete_documents", "Documents in the collection that lack text.", success.incomplete)


def _run(facts: RunFacts, view: View) -> Iterator[Metric]:
    """What the newest run did or is doing."""
    outcome = GaugeMetricFamily("nic_etl_run_outcome", "1 for the state of the newest run.", labels=["outcome"])
    for state in OUTCOMES:
        outcome.add_metric([state], view.state == state)
    yield outcome
    if facts.begun:
        progressed = facts.worked or facts.begun.time
        yield _gauge("run_start_timestamp_seconds", "When the newest run began.", facts.begun.time.timestamp())
        yield _gauge("run_progress_timestamp_seconds", "When it last did something.", progressed.timestamp())
        yield _gauge("run_workers", "Processes that work at the same time; 0: a cluster decides.", facts.begun.workers)
    yield _gauge("run_duration_seconds", "How long it took, or has been going on.", view.elapsed_s)
    yield _gauge("run_snapshot_documents", "Documents in the folder.", view.documents)
    yield from _stages(facts, view)
    yield from _findings(view)
    now = view if view.state == "running" else None
    yield _gauge("run_memory_bytes", "Memory of the run's processes.", _MB * ((now and now.memory_mb) or 0))
    yield _gauge("run_memory_peak_bytes", "The most it was, as sampled.", _MB * (facts.memory_peak_mb or 0))
    yield _gauge("run_cpu_cores", "Cores that the run's processes keep busy.", ((now and now.cpu_percent) or 0) / 100)


def _stages(facts: RunFacts, view: View) -> Iterator[Metric]:
    documents = GaugeMetricFamily("nic_etl_run_documents", "Documents by stage and status.", labels=["stage", "status"])
    seconds = HistogramMetricFamily(
        "nic_etl_run_stage_duration_seconds", "Seconds that documents spent in a stage.", labels=["stage"]
    )
    for stage, found in view.stages.items():
        documents.add_metric([stage, "pending"], found.total - found.done)
        documents.add_metric([stage, "completed"], found.done - found.failed)
        documents.add_metric([stage, "failed"], found.failed)
        spent = facts.stages[stage].durations
        limits = [*map(str, BUCKETS_S), "+Inf"]
        seconds.add_metric([stage], list(zip(limits, itertools.accumulate(spent.counts), strict=True)), spent.sum_s)
    errors = CounterMetricFamily("nic_etl_run_errors", "Documents that failed, by error code.", labels=["code"])
    for code in ErrorCode:
        errors.add_metric([code], view.error_codes.get(code, 0))
    yield from (documents, seconds, errors)


def _findings(view: View) -> Iterator[Metric]:
    """What was found about the documents that the run stored, or refused for it."""
    coverage = view.text_coverage
    yield _gauge("run_warnings", "Warnings about documents, each as often as it was given.", view.warnings)
    yield _gauge("run_incomplete_documents", "Documents of which text is missing.", coverage.documents)
    yield _gauge("run_text_coverage_lowest", "Text coverage of the one that lacks most; 1: none.", coverage.lowest)
    missing = GaugeMetricFamily("nic_etl_run_missing_words", "Words that are missing, by kind.", labels=["kind"])
    for kind, words in coverage.missing.items():
        missing.add_metric([kind], words)
    yield missing
