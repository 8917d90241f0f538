"""What a run is doing, for people: bars on a terminal, plain lines elsewhere, and a log of every document's outcome.

`runs/<run id>/log.jsonl` gets one JSON line per document and stage, appended as it happens.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
import traceback
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from pipeline.schema import Failure, Stage, StageSummary

log = logging.getLogger("pipeline")
_LINE_EVERY_S = 10.0


def configure_logging(level: int = logging.INFO) -> None:
    """Log lines of this package to standard error, once; Luigi's own logging is left as luigi.cfg sets it."""
    if not log.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S"))
        log.addHandler(handler)
        log.propagate = False
    log.setLevel(level)


class RunLog:
    """Collects outcomes of one run: to log.jsonl for machines, to `stages` for the summary."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started = datetime.now(UTC)
        self.stages: dict[Stage, StageSummary] = defaultdict(StageSummary)

    def document(self, stage: Stage, path: str, seconds: float, failure: Failure | None = None) -> None:
        """Record one document's outcome in one stage."""
        entry = {"time": datetime.now(UTC).isoformat(), "stage": stage, "path": path, "seconds": round(seconds, 3)}
        if failure:
            entry |= {"code": failure.code, "message": failure.message}
            log.warning("%s: %s: %s (%s)", stage, path, failure.message, failure.code)
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "log.jsonl").open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(entry, ensure_ascii=False) + "\n")
        self._add(stage, documents=1, failed=int(failure is not None), work_s=seconds)

    def traceback(self, stage: Stage, path: str, error: BaseException) -> None:
        """Keep a traceback where only this user reads it: it may show file content."""
        self.folder.mkdir(parents=True, exist_ok=True)
        private = os.open(self.folder / "errors.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(private, "a", encoding="utf-8") as stream:
            stream.write(f"{stage}: {path}\n{''.join(traceback.format_exception(error))}\n")

    def elapsed(self, stage: Stage, seconds: float) -> None:
        """Add wall-clock time that a stage took."""
        self._add(stage, elapsed_s=seconds)

    def _add(self, stage: Stage, **amounts: float) -> None:
        now = self.stages[stage]
        self.stages[stage] = now.model_copy(
            update={name: getattr(now, name) + amount for name, amount in amounts.items()}
        )


class StageProgress:
    """Progress of one batch: a bar when standard error is a terminal, otherwise a line now and then.

    >>> with StageProgress(Stage.CONVERT, 60) as progress:
    ...     progress.advance()
    """

    def __init__(self, stage: Stage, total: int) -> None:
        self.stage = stage
        self.total = total
        self.done = 0
        self._start = self._last_line = time.monotonic()
        self._bar: Progress | None = None

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            self._bar = Progress(
                TextColumn("{task.description:<8}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                TextColumn("left"),
                TimeRemainingColumn(),
                console=Console(stderr=True),
            )
            self._bar.add_task(self.stage, total=self.total)
            self._bar.start()
        return self

    def advance(self) -> None:
        """One more document is finished."""
        self.done += 1
        now = time.monotonic()
        if self._bar:
            self._bar.advance(self._bar.task_ids[0])
        elif now - self._last_line > _LINE_EVERY_S and self.done < self.total:
            self._last_line = now
            log.info("%-7s %d of %d documents, %.0f s", self.stage, self.done, self.total, now - self._start)

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.stop()
        elif self.done:
            log.info("%-7s %d of %d documents, %.1f s", self.stage, self.done, self.total, self.elapsed_s)

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self._start
