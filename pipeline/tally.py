"""Adds up the events of one run as they come, so that a long log is read once however often somebody asks."""

from __future__ import annotations

import contextlib
import itertools
import socket
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import psutil
from pydantic import TypeAdapter, ValidationError

from pipeline.errors import ErrorCode
from pipeline.events import Begun, DocumentEnded, Ended, Event, Sampled, ShardOpened
from pipeline.schema import Stage

Outcome = Literal["running", "finished", "incomplete", "interrupted", "failed", "killed"]
BUCKETS_S = (0.01, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0)
_SILENCE = timedelta(minutes=5)  # a run on another host that says nothing for so long is dead
_EVENT: TypeAdapter[Event] = TypeAdapter(Event)


@dataclass
class StageTally:
    """What became of the documents in one stage; times in seconds."""

    pending: int = 0
    ended: int = 0
    failed: int = 0
    work_s: float = 0.0
    buckets: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS_S) + 1))

    def add(self, event: DocumentEnded) -> None:
        self.ended += 1
        self.failed += event.code is not None
        self.work_s += event.seconds
        self.buckets[bisect_left(BUCKETS_S, event.seconds)] += 1


class Tally:
    """The state of the run whose log is in `folder`, as of the last `update`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.begun: Begun | None = None
        self.ended: Ended | None = None
        self.sample: Sampled | None = None
        self.stages = {stage: StageTally() for stage in Stage}
        self.errors: Counter[ErrorCode] = Counter()
        self.opened = 0
        self.peak_memory_mb = 0.0
        self.last_event = self.last_progress = datetime.fromtimestamp(0, UTC)
        self._offset = 0

    def update(self) -> None:
        """Take up what was written since the last time. Raises FileNotFoundError when there is no log."""
        with (self.folder / "log.jsonl").open("rb") as lines:
            lines.seek(self._offset)
            for line in lines:
                if not line.endswith(b"\n"):
                    break  # it is being written
                self._offset += len(line)
                with contextlib.suppress(ValidationError):  # a disk that was full leaves half a line
                    self._add(_EVENT.validate_json(line))

    def outcome(self) -> Outcome:
        """How the run ended; `killed` when it is gone without a word."""
        if self.ended:
            return self.ended.outcome
        return "running" if self._is_alive() else "killed"

    def pending(self, stage: Stage) -> int:
        """Documents of the opened shards that have the stage before them; those that failed earlier never reach it."""
        before = itertools.takewhile(lambda each: each is not stage, Stage)
        lost = sum(self.stages[each].failed for each in before)
        return max(0, self.stages[stage].pending - self.stages[stage].ended - lost)

    @property
    def waiting(self) -> int:
        """Documents of shards that are not open yet."""
        return max(0, self.begun.unfinished - self.opened) if self.begun else 0

    @property
    def elapsed_s(self) -> float:
        """From the first event to the last, or until now while the run is going on."""
        until = datetime.now(UTC) if self.outcome() == "running" else self.last_event
        return (until - self.begun.time).total_seconds() if self.begun else 0.0

    def _add(self, event: Event) -> None:
        self.last_event = event.time
        match event:
            case Begun():
                self.begun = event
                self.last_progress = event.time
            case ShardOpened():
                self.opened += event.documents
                for stage, documents in event.pending.items():
                    self.stages[stage].pending += documents
            case DocumentEnded():
                self.last_progress = event.time
                self.stages[event.stage].add(event)
                self.errors.update([event.code] if event.code else [])
            case Sampled():
                self.sample = event
                self.peak_memory_mb = max(self.peak_memory_mb, event.memory_mb)
            case Ended():
                self.ended = event

    def _is_alive(self) -> bool:
        if self.begun is None:
            return False
        if self.begun.host != socket.gethostname():
            return datetime.now(UTC) - self.last_event < _SILENCE
        with contextlib.suppress(psutil.Error):
            return psutil.Process(self.begun.pid).create_time() <= self.begun.time.timestamp()  # else it is another's
        return False


def latest_run(runs: Path) -> Path | None:
    """The folder of the newest run that has a log; commands that failed leave folders without one."""
    folders = sorted(runs.iterdir(), reverse=True) if runs.is_dir() else []
    return next((folder for folder in folders if (folder / "log.jsonl").is_file()), None)
