"""The file of a run that only this user reads: tracebacks, and whatever libraries say, which may show file content.

What anyone may read (the terminal, targets, the scheduler's pages) gets `public_message` instead.
"""

from __future__ import annotations

import contextlib
import logging
import os
import traceback
from pathlib import Path

from pipeline.datadir import files
from pipeline.errors import PipelineError
from pipeline.errors.escaping import for_terminal


class PrivateLog(logging.Handler):
    """Appends to a file of mode 0600, which is made when there is something to write."""

    def __init__(self, path: Path) -> None:
        super().__init__(logging.WARNING)
        self.path = path
        self._last: BaseException | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """What libraries log, as `logging` hands it over."""
        with contextlib.suppress(PipelineError):  # a full disk stops the run where it matters
            self.write(f"{record.name}: {self.format(record)}")

    def error(self, where: str, error: BaseException) -> None:
        """Write an error's traceback and its details, once, however many hands it goes through."""
        if error is self._last:
            return
        self._last = error
        details = getattr(error, "details", "")
        self.write("\n".join([where, "".join(traceback.format_exception(error)), details]))

    def write(self, text: str) -> None:
        """Raises TransientError when the disk takes no more."""
        with files.disk_errors(files.MAKING_FOLDERS):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            private = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(private, "a", encoding="utf-8", errors="backslashreplace") as stream:
                stream.write(f"{for_terminal(text.rstrip())}\n")

    def take_over(self) -> None:
        """Receive what libraries log and warn about in this process, in the place of standard error.

        A handler that the user gave to the root logger keeps what it gets.
        """
        root = logging.getLogger()
        for handler in [handler for handler in root.handlers if isinstance(handler, PrivateLog)]:
            root.removeHandler(handler)
        root.addHandler(self)
        logging.captureWarnings(True)
