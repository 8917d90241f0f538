"""Makes the C library give memory back, so that a worker's size is that of its largest page, not of all so far."""

from __future__ import annotations

import ctypes
import functools

TRIM_THRESHOLD, MMAP_THRESHOLD, ARENA_MAX = -1, -3, -8  # mallopt(3) parameters of glibc
# Less means a smaller process and more page faults: with 8 MB and none kept, OCR takes 0.1 GB less and a seventh more
# time; more than 32 MB is not allowed.
MMAP_THRESHOLD_BYTES = 32 << 20
KEPT_BYTES = 256 << 20

_LIBC = ctypes.CDLL(None)


@functools.cache
def return_freed_memory() -> None:
    """Once per process: large buffers are unmapped when freed, threads share one heap, and little of its end is kept.

    No-op without glibc.
    """
    mallopt = getattr(_LIBC, "mallopt", None)
    if mallopt is not None:
        mallopt(MMAP_THRESHOLD, MMAP_THRESHOLD_BYTES)
        mallopt(TRIM_THRESHOLD, KEPT_BYTES)
        mallopt(ARENA_MAX, 1)


def trim() -> None:
    """Return what is free between smaller buffers, too; OCR leaves 0.2 GB of it. Milliseconds. No-op without glibc."""
    malloc_trim = getattr(_LIBC, "malloc_trim", None)
    if malloc_trim is not None:
        malloc_trim(0)
