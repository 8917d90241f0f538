"""What a worker process does besides its jobs: one thread of mathematics, and an end when it must not go on."""

from __future__ import annotations

import logging
import os
import threading
import time
import warnings

import psutil

MEMORY_EXIT_CODE = 86
THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""One thread a process, processes fill the cores; read when the libraries load."""
_WATCH_INTERVAL_S = 0.5


def start(parent: int, memory_limit_mb: int | None, log_level: int = logging.INFO) -> None:
    """Prepare this process for its jobs, and watch over it; `log_level`: what its parent wants to hear."""
    silence_libraries()
    logging.getLogger("pipeline").setLevel(log_level)
    threading.Thread(target=_watch, args=(parent, memory_limit_mb), daemon=True).start()


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
