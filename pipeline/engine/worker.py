"""What a worker process does around its jobs: one thread of mathematics, and an end when it must not go on."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
import warnings
from typing import Any

import psutil

from pipeline.engine.jobs import Job, load, timed

MEMORY_EXIT_CODE = 86
THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""One thread a process, processes fill the cores; read when the libraries load."""
_WATCH_INTERVAL_S = 0.1


def start(parent: int, memory_limit_mb: int | None, log_level: int = logging.INFO) -> None:
    """Prepare this process for its jobs, and watch over it; `log_level`: what its parent wants to hear."""
    silence_libraries()
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    logging.getLogger("pipeline").setLevel(log_level)
    threading.Thread(target=_watch, args=(parent, memory_limit_mb), daemon=True).start()


def limited(job: Job, limit_s: float) -> tuple[Any, float]:
    """The job's result and its seconds. This process is ended when the job is late, and not for loading libraries.

    The system's alarm also ends native code that never lets Python's other threads run.
    """
    load(job)
    signal.setitimer(signal.ITIMER_REAL, limit_s)
    try:
        return timed(job.function, job.arguments)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def silence_libraries() -> None:
    """One thread per library, and no remarks about a document's details, which are nobody's news and may quote it."""
    os.environ |= THREADS
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    warnings.simplefilter("ignore")
    logging.getLogger().addHandler(logging.NullHandler())  # else Python prints what libraries say


def _watch(parent: int, memory_limit_mb: int | None) -> None:
    """End this process when its parent is gone (a killed run leaves no orphans) or when it outgrows its limit."""
    me = psutil.Process()
    while os.getppid() == parent:
        if memory_limit_mb and me.memory_info().rss > memory_limit_mb * 1_000_000:
            os._exit(MEMORY_EXIT_CODE)
        time.sleep(_WATCH_INTERVAL_S)
    os._exit(0)
