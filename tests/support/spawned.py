"""The processes that the engine has started."""

from __future__ import annotations

import contextlib

import psutil


def children() -> list[psutil.Process]:
    """Spawned processes of this one that are alive."""
    found = []
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):  # it may have ended
            found += [process] if any("spawn_main" in word for word in process.cmdline()) else []
    return found
