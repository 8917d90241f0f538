"""What Luigi tells of its tasks while a run goes on, and what is told to the caller meanwhile."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator, Sequence

import luigi

from pipeline.orchestrator.api_types import ProgressReport

log = logging.getLogger(__name__)
_REPORT_EVERY_S = 0.5
Handler = tuple[type[luigi.Task], str, Callable[..., None]]
"""A kind of task, an event of Luigi's, and what is called then."""
OnProgress = Callable[[ProgressReport], None]


@contextlib.contextmanager
def listening(handlers: Sequence[Handler]) -> Iterator[None]:
    """Hear from Luigi what begins, what is finished and what fails, for as long as a run takes."""
    for task, event, handler in handlers:
        task.event_handler(event)(handler)
    try:
        yield
    finally:
        for task, event, handler in handlers:
            task.remove_event_handler(event, handler)


@contextlib.contextmanager
def reporting(progress: Callable[[], ProgressReport], on_progress: OnProgress | None) -> Iterator[None]:
    """Hand the caller a fresh report every half second, from a thread of its own, and once at the end."""
    if on_progress is None:
        yield
        return
    ended = threading.Event()
    reporter = threading.Thread(target=_report_until, args=(ended, progress, on_progress), daemon=True)
    reporter.start()
    try:
        yield
    finally:
        ended.set()
        reporter.join()


def _report_until(ended: threading.Event, progress: Callable[[], ProgressReport], on_progress: OnProgress) -> None:
    """A caller's function that fails is not asked again; the run goes on."""
    try:
        while not ended.wait(_REPORT_EVERY_S):
            on_progress(progress())
        on_progress(progress())
    except Exception as error:
        log.warning("on_progress failed and is not called again: %s", type(error).__name__)
