"""The processes of one run, kept for the next one if its settings want the same."""

from __future__ import annotations

from pipeline.engine import Engine
from pipeline.run.current import Run
from pipeline.settings.operation import EngineSettings
from pipeline.settings.sections import Settings


class WarmEngine:
    """Holds at most one engine."""

    def __init__(self) -> None:
        self._kept: tuple[tuple[EngineSettings, int], Engine] | None = None

    def refuse_others(self, settings: Settings) -> None:
        """End what was kept for other settings."""
        if self._kept and self._kept[0] != _key(settings):
            self.close()

    def lend(self, run: Run) -> None:
        """Give it to a run of the same settings, if there is one; else the run opens its own."""
        if self._kept:
            run.engine = self._kept[1]

    def keep(self, run: Run | None) -> None:
        """Take over what the run has opened."""
        if run and "engine" in vars(run):
            self._kept = _key(run.settings), run.engine

    def close(self) -> None:
        """End the processes."""
        if self._kept:
            self._kept[1].close()
            self._kept = None


def _key(settings: Settings) -> tuple[EngineSettings, int]:
    return settings.engine, settings.pipeline.max_concurrent_documents
