"""What any process of a run writes to the terminal, taken as lines, so that bars can be drawn below them untorn.

Worker processes and native libraries write to the file descriptors themselves, past everything that Python replaces.
"""

from __future__ import annotations

import contextlib
import functools
import os
import sys
import threading
from collections.abc import Callable

_MARK = b"\0end of what was diverted\n"
_DRAIN_TIMEOUT_S = 1.0
_STREAMS = (1, 2)


class Diversion:
    """One pipe for the life of the process: workers that started while output was diverted go on writing to it."""

    def __init__(self) -> None:
        read_end, self._write_end = os.pipe()
        self._before: dict[int, int] = {}
        self._show: Callable[[str], None] = _to_standard_error
        self._drained = threading.Event()
        threading.Thread(target=self._read, args=(read_end,), name="terminal lines", daemon=True).start()

    def begin(self, show: Callable[[str], None]) -> None:
        """From now on, what would go to the terminal is shown by `show`, line by line, from another thread."""
        self._show = show
        _flush()
        for stream in (each for each in _STREAMS if os.isatty(each)):
            self._before[stream] = os.dup(stream)
            os.dup2(self._write_end, stream)

    def end(self) -> None:
        """Give the terminal back, when all that was written has been shown."""
        if not self._before:
            return
        _flush()
        for stream, before in self._before.items():
            os.dup2(before, stream)
            os.close(before)
        self._before = {}
        self._drained.clear()
        os.write(self._write_end, _MARK)
        self._drained.wait(_DRAIN_TIMEOUT_S)
        self._show = _to_standard_error

    def _read(self, read_end: int) -> None:
        with os.fdopen(read_end, "rb") as lines:
            for line in lines:
                text = line.removesuffix(_MARK).decode(errors="replace").rstrip("\r\n")
                with contextlib.suppress(Exception):  # a line that cannot be shown must not end the showing
                    if text or line == b"\n":
                        self._show(text)
                if line.endswith(_MARK):
                    self._drained.set()


@functools.cache
def diversion() -> Diversion:
    """The one of this process."""
    return Diversion()


def _to_standard_error(line: str) -> None:
    sys.stderr.write(line + "\n")


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
