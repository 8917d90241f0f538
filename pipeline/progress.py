"""What a run is doing, for people: bars on a terminal, plain lines elsewhere, and a log of every document's outcome.

`runs/<run id>/log.jsonl` gets one JSON line per document and stage, appended as it happens.
"""

from __future__ import annotations

import io
import json
import logging
import sys
import time
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from pipeline import files
from pipeline.private_log import PrivateLog
from pipeline.results import StageSummary
from pipeline.schema import Failure, Stage

log = logging.getLogger("pipeline")
_LINE_EVERY_S = 10.0


def configure_logging(level: int = logging.INFO) -> None:
    """Log lines of this package to standard error, once; Luigi's own logging is left as luigi.cfg sets it."""
    if not log.handlers:
        handler = _StandardError()
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S"))
        log.addHandler(handler)
        log.propagate = False
    log.setLevel(level)


class _StandardError(logging.Handler):
    """Writes to standard error as it is now, so that lines go above a progress bar and not through it."""

    def emit(self, record: logging.LogRecord) -> None:
        sys.stderr.write(self.format(record) + "\n")


class RunLog:
    """Appends what happens in one run to its folder, from any process of the run, and sums it up again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started = datetime.now(UTC)
        self.private = PrivateLog(folder / "errors.log")
        self._stream: io.RawIOBase | None = None

    def document(self, stage: Stage, path: str, seconds: float, failure: Failure | None = None) -> None:
        """Record one document's outcome in one stage."""
        outcome: dict[str, Any] = {"path": path, "seconds": round(seconds, 3)}
        if failure:
            outcome |= {"code": failure.code, "message": failure.message}
            log.warning("%s: %s: %s", stage, path, failure.reason)
        self._append(stage, outcome)

    def stages(self) -> dict[Stage, StageSummary]:
        """What each stage did in this run so far."""
        totals: dict[Stage, Counter[str]] = defaultdict(Counter)
        spans: dict[Stage, array[float]] = defaultdict(lambda: array("d"))  # start, end, start, end …
        for entry in self._entries():
            stage, seconds = Stage(entry["stage"]), entry["seconds"]
            totals[stage].update(documents=1, failed="code" in entry, work_s=seconds)
            end = datetime.fromisoformat(entry["time"]).timestamp()
            spans[stage].extend((end - seconds, end))
        return {
            stage: StageSummary.model_validate(total | {"elapsed_s": _covered(spans[stage])})
            for stage, total in totals.items()
        }

    def _append(self, stage: Stage, facts: dict[str, Any]) -> None:
        entry = {"time": datetime.now(UTC).isoformat(), "stage": stage, **facts}
        with files.disk_errors():
            if self._stream is None:
                self.folder.mkdir(parents=True, exist_ok=True)
                self._stream = (self.folder / "log.jsonl").open("ab", buffering=0)  # a line is one write: it is whole
            self._stream.write(json.dumps(entry, ensure_ascii=False).encode() + b"\n")

    def _entries(self) -> Iterator[dict[str, Any]]:
        """One at a time: there are five for each document."""
        file = self.folder / "log.jsonl"
        if file.exists():
            with file.open(encoding="utf-8") as lines:
                yield from map(json.loads, lines)


def _covered(spans: array[float]) -> float:
    """Seconds during which at least one of the spans was going on."""
    total, reached = 0.0, float("-inf")
    for start, end in sorted(zip(spans[::2], spans[1::2], strict=True)):
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total


class StageProgress:
    """Progress of one batch: a bar when standard error is a terminal, otherwise a line now and then.

    >>> with StageProgress(Stage.CONVERT, 60) as progress:
    ...     progress.reach(left=59)
    """

    def __init__(self, stage: Stage, total: int, done: int = 0) -> None:
        self.stage = stage
        self.total = total
        self.done = done
        self._start = self._last_line = time.monotonic()
        self._bar: Progress | None = None

    def __enter__(self) -> Self:
        if sys.stderr.isatty() and self.done < self.total:
            self._bar = Progress(
                TextColumn("{task.description:<8}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                TextColumn("left"),
                TimeRemainingColumn(),
                console=Console(stderr=True),
            )
            self._bar.add_task(self.stage, total=self.total, completed=self.done)
            self._bar.start()
        return self

    def reach(self, left: int) -> None:
        """So many documents are left."""
        self.done = self.total - left
        now = time.monotonic()
        if self._bar:
            self._bar.update(self._bar.task_ids[0], completed=self.done)
        elif left and now - self._last_line > _LINE_EVERY_S:
            self._last_line = now
            log.info("%-7s %d of %d documents, %.0f s", self.stage, self.done, self.total, now - self._start)

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.stop()
        elif self.done:
            elapsed_s = time.monotonic() - self._start
            log.info("%-7s %d of %d documents, %.1f s", self.stage, self.done, self.total, elapsed_s)
