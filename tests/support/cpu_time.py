"""How long a piece of work takes, for tests that compare two sizes of it."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU time of this thread: neither a test's other threads count, nor the garbage of all tests before it."""
    gc.disable()
    begin = time.thread_time()
    try:
        work()
        return time.thread_time() - begin
    finally:
        gc.enable()
