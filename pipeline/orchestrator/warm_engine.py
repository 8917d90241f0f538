"""Keeps the engine of one run, its processes and their models, for the next one in this process."""

from __future__ import annotations

import threading

from pipeline.engine import Engine
from pipeline.engine.interruption import sigint_blocked
from pipeline.settings.sections import Settings

IDLE_S = 600.0  # then its gigabytes go back to others


class WarmEngine:
    """At most one engine: ended when the next run needs another, when no run takes it for a while, or by `close`."""

    def __init__(self) -> None:
        self._kept: tuple[object, Engine] | None = None
        self._ending: threading.Timer | None = None
        self._lock = threading.RLock()

    def take(self, settings: Settings) -> Engine | None:
        """The kept engine for a run with these settings; None when there is none for them."""
        with self._lock:
            self._hold()
            if self._kept and self._kept[0] != _depends_on(settings):
                self.close()
            return self._kept[1] if self._kept else None

    def keep(self, settings: Settings, engine: Engine) -> None:
        """After a run."""
        with self._lock, sigint_blocked():
            self._hold()
            self._kept = _depends_on(settings), engine
            ending = threading.Timer(IDLE_S, lambda: self._end(ending))
            ending.daemon = True
            self._ending = ending
            ending.start()

    def close(self) -> None:
        """End the processes."""
        with self._lock:
            self._hold()
            if self._kept:
                self._kept[1].close()
                self._kept = None

    def _hold(self) -> None:
        if self._ending:
            self._ending.cancel()
            self._ending = None

    def _end(self, ending: threading.Timer) -> None:
        with self._lock:
            if ending is self._ending:  # else a run took the engine at the same moment
                self.close()


def _depends_on(settings: Settings) -> object:
    """What decides the processes, and the models that they keep: those of other settings would stay beside the new."""
    return settings.engine, settings.pipeline.max_concurrent_documents, settings.conversion, settings.embedding
