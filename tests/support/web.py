"""The service as `nic serve` starts it, on a free port of this machine, in a thread of the test."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from pipeline.run.current import Run
from pipeline.web.server import WebServer


@contextlib.contextmanager
def serving(run: Run) -> Iterator[WebServer]:
    """It answers as soon as the block begins, and ends with it."""
    server = WebServer(run, "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_until_stopped, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.should_exit = True
        thread.join(30)
