"""A job, its outcome, and how one is turned into the other: the same in every process and on every host."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Place(StrEnum):
    """What a job needs: a core, the GPU (one process holds its model), only patience (requests), or this process."""

    PROCESS = "process"
    GPU = "gpu"
    THREAD = "thread"
    MAIN_THREAD = "here"


@dataclass(frozen=True)
class Job:
    """One call of a stage function; `key` tells the caller whose it is. Jobs of higher priority begin earlier."""

    key: str
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    place: Place = Place.PROCESS
    priority: float = 0
    time_limits: int = 1
    """How many documents' time limits it may use."""
    prepare: Callable[[], object] | None = None
    """Loads what the function needs, quick when it is there already. Its time is the process's, not the document's."""
    usual_s: float | None = None
    """What a document of its size takes at most; a first try may take little more. None: nobody knows."""


@dataclass(frozen=True)
class JobOutcome:
    """What became of a job: a result or an error, and the seconds it took where it ran."""

    key: str
    result: Any = None
    error: Exception | None = None
    seconds: float = 0.0


class ProcessLostError(Exception):
    """The process that worked on a job is gone; the message says what that usually means."""


class LateError(Exception):
    """A job was ended because it took longer than it may."""


def timed(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[Any, float]:
    """Call the function; its result and the seconds it took."""
    start = time.perf_counter()
    result = function(*arguments)
    return result, time.perf_counter() - start


def load(job: Job) -> None:
    """Prepare for the job. What fails here fails in the job, too, and is its outcome then."""
    if job.prepare is not None:
        with contextlib.suppress(Exception):
            job.prepare()


def attempt(job: Job) -> JobOutcome:
    """Run a job in this thread; an error is an outcome."""
    try:
        result, seconds = timed(job.function, job.arguments)
    except Exception as error:
        return JobOutcome(job.key, error=error)
    return JobOutcome(job.key, result, seconds=seconds)
