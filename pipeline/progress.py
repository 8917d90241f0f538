"""What a run is doing, for people: bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import logging
import sys
import time
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from pipeline.schema import Stage

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
