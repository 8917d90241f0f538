"""How true the time left is that a run tells: its log is replayed, and every second after half the time compared.

NIC_BENCHMARK_RUN names the folder of a finished run (`data/runs/<run id>`); without it the documents of
`benchmarks.workload` are run first, in processes, models prepared beforehand.
"""

from __future__ import annotations

import os
import statistics
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks import figures, fresh, workload
from benchmarks.figures import Figure
from pipeline.monitoring.monitor import Monitor
from pipeline.run.events import Begun, Ended, Event, ShardOpened, read_events

_TARGET = 0.3
_STEP_S = 1.0


@dataclass(frozen=True)
class Point:
    """What a run said `elapsed_s` after its begin, and what was true."""

    elapsed_s: float
    predicted_s: float | None
    true_s: float

    @property
    def of_remaining(self) -> float:
        """Error relative to the time that is truly left."""
        return abs((self.predicted_s or 0.0) - self.true_s) / self.true_s

    @property
    def of_total(self) -> float:
        """Error of the moment of the end, relative to the whole run."""
        return abs((self.predicted_s or 0.0) - self.true_s) / (self.elapsed_s + self.true_s)


def run() -> list[Figure]:
    """The errors of one run, and the plot docs/eta.svg."""
    named = os.environ.get("NIC_BENCHMARK_RUN")
    if named:
        return _judge(Path(named), "a run of one's own")
    with tempfile.TemporaryDirectory() as folder:
        what = workload.fill(Path(folder) / "root")
        data = fresh.share_models(Path(folder), Path(folder) / "data")
        fresh.run_all(Path(folder) / "root", data)
        return _judge(max(data.glob("runs/*/log.jsonl")).parent, what)


def replay(folder: Path) -> list[Point]:
    """A point each second, from the run's begin to its end. Raises ValueError for a run that has no end."""
    events = list(read_events(folder))
    begun = next((event for event in events if isinstance(event, Begun)), None)
    ended = next((event for event in events if isinstance(event, Ended)), None)
    if begun is None or ended is None:
        raise ValueError("the run has no end yet")
    monitor, points = Monitor(folder), []
    now, waiting = begun.time, iter(events)
    event: Event | None = next(waiting)
    while now < ended.time:
        while event is not None and event.time <= now:
            monitor.add(event)
            event = next(waiting, None)
        points.append(_point(monitor, begun.time, now, ended.time))
        now += timedelta(seconds=_STEP_S)
    return points


def later_half(points: list[Point]) -> list[Point]:
    """Those after half the time; of the last seconds every error would be a large part."""
    end_s = points[-1].elapsed_s + points[-1].true_s
    return [point for point in points if point.elapsed_s >= end_s / 2 and point.true_s > 0.02 * end_s]


def _point(monitor: Monitor, begin: datetime, now: datetime, end: datetime) -> Point:
    view = monitor.at(now, is_alive=True)
    return Point((now - begin).total_seconds(), view.eta_s, (end - now).total_seconds())


def _judge(folder: Path, what: str) -> list[Figure]:
    points = replay(folder)
    later = later_half(points)
    _plot(points, figures.DOCS / "eta.svg")
    documents = sum(event.documents for event in read_events(folder) if isinstance(event, ShardOpened))
    total_s = points[-1].elapsed_s + points[-1].true_s
    note = f"{what}, {documents} documents, {total_s:.0f} s; {len(later)} points, each second of the later half"
    known = next((point.elapsed_s for point in points if point.predicted_s is not None), total_s)
    remaining = [point.of_remaining for point in later]
    whole = [point.of_total for point in later]
    return [
        _figure("time left, from half of the time on: median error", statistics.median(remaining), note, _TARGET),
        _figure("the same: error at the half-way point", remaining[0]),
        _figure("the same: worst error", max(remaining), "of the time that is left, which shrinks to nothing"),
        _figure("moment of the end: median error", statistics.median(whole), "of the whole run's time"),
        _figure("moment of the end: worst error", max(whole), "of the whole run's time", _TARGET),
        Figure(what="the time left is told from", value=100 * known / total_s, unit="% of the run on"),
    ]


def _figure(what: str, share: float, note: str = "", target: float | None = None) -> Figure:
    judged = {"target": f"≤ {100 * target:.0f} %", "met": share <= target} if target else {}
    return Figure(what=what, value=100 * share, unit="%", note=note, **judged)


def _plot(points: list[Point], file: Path) -> None:
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "eta"  # the same drawing gives the same file
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 3.5), layout="constrained")
    told = [point for point in points if point.predicted_s is not None]
    axes.plot([p.elapsed_s for p in points], [p.true_s for p in points], "k--", label="true")
    axes.plot([p.elapsed_s for p in told], [p.predicted_s or 0.0 for p in told], label="told")
    axes.fill_between(
        [p.elapsed_s for p in points],
        [(1 - _TARGET) * p.true_s for p in points],
        [(1 + _TARGET) * p.true_s for p in points],
        alpha=0.15,
        label=f"true ± {100 * _TARGET:.0f} %",
    )
    axes.axvline((points[-1].elapsed_s + points[-1].true_s) / 2, color="grey", linewidth=0.8)
    axes.set(xlabel="seconds since the run began", ylabel="seconds left", ylim=(0, None), xlim=(0, None))
    axes.legend(frameon=False)
    figure.savefig(file, metadata={"Date": None})
    pyplot.close(figure)
