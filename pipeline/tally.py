"""What Prometheus wants to know of a run beyond the monitor's view: how long stages took, peaks, the last progress."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pipeline.events import Begun, DocumentEnded, Event, EventReader, Sampled
from pipeline.monitor import Monitor
from pipeline.schema import Stage
from pipeline.view import View

BUCKETS_S = (0.01, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0)


@dataclass
class Durations:
    """Documents by the seconds that they spent in a stage: as many as each bucket holds, longer ones last."""

    sum_s: float = 0.0
    counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS_S) + 1))

    def add(self, seconds: float) -> None:
        self.sum_s += seconds
        self.counts[bisect_left(BUCKETS_S, seconds)] += 1


class Tally:
    """The run of a folder, as of the last `view`; its log is read once, however often one asks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.begun: Begun | None = None
        self.durations = {stage: Durations() for stage in Stage}
        self.peak_memory_mb = 0.0
        self.last_progress: datetime | None = None
        self._reader = EventReader(folder)
        self._monitor = Monitor(folder)

    def view(self) -> View:
        """Take up what was written since the last time."""
        for event in self._reader.new():
            self._monitor.add(event)
            self._add(event)
        return self._monitor.at(datetime.now(UTC))

    def _add(self, event: Event) -> None:
        match event:
            case Begun():
                self.begun, self.last_progress = event, event.time
            case DocumentEnded():
                self.last_progress = event.time
                self.durations[event.stage].add(event.seconds)
            case Sampled():
                self.peak_memory_mb = max(self.peak_memory_mb, event.memory_mb)
