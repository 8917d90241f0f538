"""Where log lines go."""

from __future__ import annotations

import logging
import sys

from pipeline.errors.escaping import for_terminal, one_line
from pipeline.monitoring.console import for_standard_error

log = logging.getLogger("pipeline")


def configure_logging(level: int = logging.INFO) -> None:
    """Log lines of this package to standard error, once; Luigi's own logging is left as luigi.cfg sets it."""
    if not log.handlers:
        handler = _StandardError()
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S"))
        log.addHandler(handler)
        log.propagate = False
    log.setLevel(level)


class _StandardError(logging.Handler):
    """Writes to standard error as it is now, so that lines go above progress bars and not through them."""

    def emit(self, record: logging.LogRecord) -> None:
        record.msg, record.args = one_line(record.getMessage()), ()  # names in it may hold anything
        sys.stderr.write(for_standard_error(for_terminal(self.format(record))) + "\n")
