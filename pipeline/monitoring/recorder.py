"""Records a run from its first event to its last: what is left to do, what its processes use, how it ended.

One recording a run, in the process that Luigi itself runs in; a process that Luigi forked only adds its documents.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Protocol

import psutil
from pydantic import NonNegativeInt

from pipeline.datadir import files
from pipeline.engine import resources
from pipeline.engine.interruption import hear, sigint_blocked
from pipeline.errors import PipelineError
from pipeline.monitoring.monitor import Monitor
from pipeline.monitoring.view import View
from pipeline.run.current import Run, keep_privately
from pipeline.run.events import Begun, Ended, RunOutcome, Sampled
from pipeline.schema import Document
from pipeline.settings.secrets import public_message

_INTERVAL_S = 1.0
_JOIN_TIMEOUT_S = 5.0


class Viewer(Protocol):
    """Shows people how far a run is. Called by one thread, about once a second."""

    def update(self, view: View) -> None:
        """Show the run as it is now."""

    def close(self) -> None:
        """No more updates. Comes when others need the terminal, and again after the run's last event."""


class Recording:
    """What a run's own process tells of it. Nothing here stops a run: a full disk does so where work is lost."""

    succeeded = False

    def __init__(self, run: Run, luigi_workers: int, viewers: Sequence[Viewer]) -> None:
        """`luigi_workers`: Luigi's own --workers; above 1 its processes do the work, and not the engine's."""
        self._run = run
        self._workers = luigi_workers if luigi_workers > 1 else resources.planned_workers(run.settings)
        self._viewers = viewers
        self._usage = Usage()
        self._over = threading.Event()
        self._sampler: threading.Thread | None = None

    def begin(self, commit: str, find_unfinished: Callable[[], Iterable[Document]]) -> None:
        """Say which documents there may be something to do for, as soon as that is known, and watch over it from now
        on; once."""
        if self._sampler is not None:
            return
        self._sampler = threading.Thread(target=self._watch, name="sampler", daemon=True)
        with contextlib.suppress(PipelineError):
            sizes = array("q", (document.size_bytes for document in find_unfinished()))
            self._run.log.append(self._begun(commit, len(sizes)))
            resources.warn(self._run.settings, self._run.data.root, len(sizes), sum(sizes))
        with sigint_blocked():
            self._sampler.start()

    def end(self, outcome: RunOutcome) -> None:
        """Say how the run ended; one that found nothing to do says nothing."""
        self.settle()
        if self._sampler is not None or outcome != "finished":
            with contextlib.suppress(PipelineError):
                self._run.log.append(Ended(time=datetime.now(UTC), outcome=outcome, reason=self.reason(outcome)))
        self._close_viewers()

    def reason(self, outcome: RunOutcome) -> str | None:
        """Why the run failed, or what it had done already when it was interrupted."""
        if outcome == "interrupted":
            return published_line(self._run)
        error = self._run.error
        return public_message(error) if error and outcome == "failed" else None

    def settle(self) -> None:
        """Take the last sample and leave the terminal to others."""
        if self._sampler is None or self._over.is_set() or self._run.is_forked:
            return
        self._over.set()
        self._sampler.join(_JOIN_TIMEOUT_S)
        self._close_viewers()

    def _close_viewers(self) -> None:
        for viewer in self._viewers:
            viewer.close()

    def outcome(self) -> RunOutcome:
        """How a run ended that Luigi let come to its end."""
        if self.succeeded:
            return "finished"
        return "incomplete" if files.exists(self._run.data.summary(self._run.id)) else "failed"

    def _begun(self, commit: str, unfinished: NonNegativeInt) -> Begun:
        return Begun(
            time=datetime.now(UTC),
            run_id=self._run.id,
            pid=os.getpid(),
            host=socket.gethostname(),
            commit=commit,
            config_hash=self._run.settings.config_hash,
            documents=len(self._run.snapshot(commit).documents),
            unfinished=unfinished,
            workers=self._workers,
        )

    def _watch(self) -> None:
        try:
            monitor, is_over = Monitor(self._run.log.folder), False
            while True:
                with contextlib.suppress(PipelineError):
                    self._run.log.append(self._sample())
                for viewer in self._viewers:
                    viewer.update(monitor.view())
                if is_over:
                    return
                is_over = self._over.wait(_INTERVAL_S)
        except Exception as error:
            keep_privately("sampler", error)

    def _sample(self) -> Sampled:
        memory_mb, cpu_percent = self._usage.measure()
        current = self._run.under_way()
        return Sampled(time=datetime.now(UTC), memory_mb=memory_mb, cpu_percent=cpu_percent, current=current)


def published_line(run: Run) -> str | None:
    """What an interrupted run says that has published; its report is what is missing."""
    if not run.published:
        return None
    alias = run.settings.qdrant.collection_name
    return f"collection {alias} is published already: it holds exactly commit {run.published[:12]}"


@contextlib.contextmanager
def recorded(run: Run, luigi_workers: int, viewers: Sequence[Viewer]) -> Iterator[Recording]:
    """Where Luigi works: whatever begins in here has an end in the log, unless the process is killed."""
    recording = run.recording = Recording(run, luigi_workers, viewers)
    try:
        yield recording
    except KeyboardInterrupt as interrupt:
        hear(interrupt)
        recording.end("interrupted")
        raise
    except BaseException:
        recording.end("failed")
        raise
    recording.end(recording.outcome())


class Usage:
    """Memory and CPU of this process and all that descend from it."""

    def __init__(self) -> None:
        self._me = psutil.Process()
        self._cpu_s: dict[int, float] = {}
        self._time = time.monotonic()
        self.measure()

    def measure(self) -> tuple[float, float]:
        """MB resident (what processes share is counted for each) and percent of a core since the last time."""
        cpu_s: dict[int, float] = {}
        memory = 0
        for process in [self._me, *self._me.children(recursive=True)]:
            with contextlib.suppress(psutil.Error), process.oneshot():
                memory += process.memory_info().rss
                times = process.cpu_times()
                cpu_s[process.pid] = times.user + times.system
        used_s = sum(max(0.0, now - self._cpu_s.get(pid, 0.0)) for pid, now in cpu_s.items())
        now = time.monotonic()
        elapsed_s = max(now - self._time, 1e-3)
        self._cpu_s, self._time = cpu_s, now
        return round(memory / 1e6, 1), round(100 * used_s / elapsed_s, 1)
