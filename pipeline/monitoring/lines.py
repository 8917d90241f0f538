"""What a run is doing, as log lines."""

from __future__ import annotations

import logging
import time

from pipeline.monitoring.view import StageView, View
from pipeline.schema import Stage

log = logging.getLogger("pipeline")

_LINE_EVERY_S, _LATER_EVERY_S = 10.0, 60.0


class Lines:
    """A log line every ten seconds, after a minute every minute."""

    def __init__(self) -> None:
        self._start = self._last = time.monotonic()

    def update(self, view: View) -> None:
        """Log a line if one is due."""
        now = time.monotonic()
        every_s = _LINE_EVERY_S if now - self._start < _LATER_EVERY_S else _LATER_EVERY_S
        if now - self._last >= every_s:
            self._last = now
            log.info(line(view))

    def close(self) -> None:
        """The summary says the rest."""


def line(view: View) -> str:
    """Where the run stands, in one line."""
    parts = [_stage(stage, found) for stage, found in view.stages.items()]
    parts += ["publishing"] if view.is_publishing else []
    parts += [f"{view.failed} failed"] if view.failed else []
    parts += [f"{view.text_coverage.documents} incomplete"] if view.text_coverage.documents else []
    parts += [f"about {duration(view.eta_s)} left"] if view.eta_s is not None else []
    return " · ".join(parts)


def _stage(stage: Stage, found: StageView) -> str:
    before = f" (+{found.before} before)" if found.before else ""
    return f"{stage} {found.done}/{found.total}{before}"


def duration(seconds: float) -> str:
    """In the unit that people would choose."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 100 * 60 else f"{seconds / 3600:.1f} h"
