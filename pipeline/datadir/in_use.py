"""Keeps apart who works with the data directory and who takes something out of it for good.

A lock of the operating system, which a killed process holds no longer. It is taken on this machine's own folder, so in
an object store it keeps no other machine out.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import portalocker

from pipeline.datadir.paths import DataDir
from pipeline.errors import ErrorCode, TransientError


@contextlib.contextmanager
def working(data: DataDir) -> Iterator[None]:
    """For as long as a run goes on. Waits while somebody erases; a directory that takes no file stops the run later."""
    lock = _lock(data, portalocker.LockFlags.SHARED)
    with contextlib.suppress(OSError, portalocker.LockException):
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def alone(data: DataDir) -> Iterator[None]:
    """While nobody else works with it. Raises TransientError at once when somebody does."""
    lock = _lock(data, portalocker.LockFlags.EXCLUSIVE | portalocker.LockFlags.NON_BLOCKING)
    try:
        lock.acquire(timeout=0)
    except portalocker.LockException:
        raise TransientError(
            "a run is under way: it finishes the purge at its end, or `nic purge` does when it is over",
            ErrorCode.STORE_UNREACHABLE,
        ) from None
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def editing(data: DataDir) -> Iterator[None]:
    """While the list of purges is read and written again: whoever asks at the same time waits a moment."""
    with _lock(data, portalocker.LockFlags.EXCLUSIVE, "purged.lock"):
        yield


def _lock(data: DataDir, flags: portalocker.LockFlags, name: str = "in-use.lock") -> portalocker.Lock:
    path: Path = data.run(name)
    with contextlib.suppress(OSError, TransientError):
        data.create()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return portalocker.Lock(path, mode="a", flags=flags)
