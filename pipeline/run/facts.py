"""What the events of a run add up to: the one fold of its log that everybody reads who asks what a run did or does.

`RunFacts` takes the same memory however many documents there are; `DocumentFacts` also keeps what each of them took.
"""

from __future__ import annotations

import socket
from array import array
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

import psutil

from pipeline.errors import ErrorCode
from pipeline.run.events import Begun, DocumentEnded, Ended, Event, RunOutcome, Sampled, read_events
from pipeline.run.summary import StageSummary
from pipeline.schema import Stage

RunState = RunOutcome | Literal["running", "killed"]
BUCKETS_S = (0.01, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0)
_HEARTBEAT_TIMEOUT_S = 60.0  # a run on another host that has not sampled for so long is dead
_SLACK_S = 2.0  # between a process's start as the system tells it and as its clock did
_STAGES = list(Stage)


@dataclass
class Durations:
    """Documents by the seconds that they spent in a stage: as many as each bucket holds, longer ones last."""

    sum_s: float = 0.0
    counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS_S) + 1))

    def add(self, seconds: float) -> None:
        """Count a document that took so many seconds."""
        self.sum_s += seconds
        self.counts[bisect_left(BUCKETS_S, seconds)] += 1


@dataclass
class StageFacts:
    """What one stage did so far; `documents` counts those that failed, too."""

    documents: int = 0
    failed: int = 0
    durations: Durations = field(default_factory=Durations)


class RunFacts:
    """Counts, failures, times and use of the machine; events are added in their order."""

    def __init__(self) -> None:
        self.begun: Begun | None = None
        self.outcome: RunOutcome | None = None
        self.reason: str | None = None
        self.first: datetime | None = None
        self.latest: datetime | None = None
        self.worked: datetime | None = None  # when a document last ended a stage
        self.stages = {stage: StageFacts() for stage in Stage}
        self.failures: Counter[ErrorCode] = Counter()
        self.warnings = 0
        self.sample: Sampled | None = None
        self.memory_peak_mb: float | None = None
        self._cpu_percent = 0.0
        self._samples = 0

    def add(self, event: Event) -> None:
        """Take in the next event of the log."""
        self.first = self.first or event.time
        self.latest = event.time
        match event:
            case Begun():
                self.begun = event
            case DocumentEnded():
                self._end(event)
            case Sampled():
                self._sampled(event)
            case Ended():
                self.outcome, self.reason = event.outcome, event.reason

    def state(self, now: datetime, is_alive: bool | None = None) -> RunState:
        """How the run ended, or whether its process lives: `is_alive`, or, if that is None, what the system says."""
        if self.outcome:
            return self.outcome
        return "running" if (self._is_alive(now) if is_alive is None else is_alive) else "killed"

    @property
    def cpu_mean_percent(self) -> float | None:
        """Of all samples; 100 is one core."""
        return round(self._cpu_percent / self._samples, 1) if self._samples else None

    def _end(self, event: DocumentEnded) -> None:
        stage = self.stages[event.stage]
        stage.documents += 1
        stage.durations.add(event.seconds)
        if event.code:
            stage.failed += 1
            self.failures[event.code] += 1
        self.warnings += len(event.warnings)
        self.worked = event.time

    def _sampled(self, event: Sampled) -> None:
        self.sample = event
        self.memory_peak_mb = max(self.memory_peak_mb or 0.0, event.memory_mb)
        self._cpu_percent += event.cpu_percent
        self._samples += 1

    def _is_alive(self, now: datetime) -> bool:
        """Whether the run's process is still running; on another host, whether its last event is recent."""
        if self.begun is None or self.latest is None:
            return False
        if self.begun.host != socket.gethostname():
            return (now - self.latest).total_seconds() < _HEARTBEAT_TIMEOUT_S
        try:
            process = psutil.Process(self.begun.pid)
            is_running = process.status() != psutil.STATUS_ZOMBIE
            return is_running and process.create_time() < self.begun.time.timestamp() + _SLACK_S
        except psutil.Error:
            return False


@dataclass
class StageEnds:
    """The documents that ended in a stage, in their order; times in seconds since 1970."""

    paths: list[str] = field(default_factory=list)
    failed: bytearray = field(default_factory=bytearray)
    ends: array[float] = field(default_factory=lambda: array("d"))
    seconds: array[float] = field(default_factory=lambda: array("d"))

    def add(self, path: str, event: DocumentEnded) -> None:
        """Take in a document that ended the stage."""
        self.paths.append(path)
        self.failed.append(event.code is not None)
        self.ends.append(event.time.timestamp())
        self.seconds.append(event.seconds)

    def outcomes(self) -> list[tuple[str, bool]]:
        """Path and whether it failed."""
        return [(path, bool(failed)) for path, failed in zip(self.paths, self.failed, strict=True)]

    def begins(self) -> list[float]:
        """When each document began, in seconds since 1970."""
        return [end - seconds for end, seconds in zip(self.ends, self.seconds, strict=True)]


class DocumentFacts(RunFacts):
    """What each document took, besides: in proportion to the run's own work."""

    def __init__(self) -> None:
        super().__init__()
        self.ended: dict[Stage, StageEnds] = {stage: StageEnds() for stage in Stage}
        self.samples: list[tuple[float, float, float]] = []  # seconds since 1970, MB, percent of a core
        self._paths: dict[str, str] = {}

    def _end(self, event: DocumentEnded) -> None:
        super()._end(event)
        path = self._paths.setdefault(event.path, event.path)  # kept once, not for every stage
        self.ended[event.stage].add(path, event)

    def _sampled(self, event: Sampled) -> None:
        super()._sampled(event)
        self.samples.append((event.time.timestamp(), event.memory_mb, event.cpu_percent))

    def seconds(self) -> dict[str, array[float]]:
        """Path -> seconds of work by stage, in the order of `Stage`."""
        found = {path: array("d", [0.0] * len(_STAGES)) for path in self._paths}
        for index, ended in enumerate(self.ended.values()):
            for path, seconds in zip(ended.paths, ended.seconds, strict=True):
                found[path][index] += seconds
        return found

    @property
    def busy_s(self) -> float:
        """From the first document's begin to the last one's end."""
        begins = [min(ended.begins()) for ended in self.ended.values() if ended.paths]
        return max(max(ended.ends) for ended in self.ended.values() if ended.paths) - min(begins) if begins else 0.0

    def completed(self, stage: Stage) -> set[str]:
        """Paths of the documents that the stage brought further."""
        return {path for path, has_failed in self.ended[stage].outcomes() if not has_failed}

    def summaries(self) -> dict[Stage, StageSummary]:
        """What each stage did that had something to do."""
        return {
            stage: StageSummary(
                documents=done.documents,
                failed=done.failed,
                work_s=done.durations.sum_s,
                elapsed_s=_covered(self.ended[stage]),
            )
            for stage, done in self.stages.items()
            if done.documents
        }


def read_facts(folder: Path) -> DocumentFacts:
    """The facts of a run's folder; those of nothing when there is no log."""
    facts = DocumentFacts()
    for event in read_events(folder):
        facts.add(event)
    return facts


def _covered(ended: StageEnds) -> float:
    """Seconds during which at least one of the documents was in the stage."""
    total, reached = 0.0, float("-inf")
    for begin, end in sorted(zip(ended.begins(), ended.ends, strict=True)):
        total += max(0.0, end - max(begin, reached))
        reached = max(reached, end)
    return total
