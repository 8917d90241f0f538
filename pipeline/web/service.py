"""What answers share: the library, and what the background keeps up: the model, what is published, the run going on."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import AsyncIterator

from starlette.requests import Request
from threadpoolctl import threadpool_limits

from pipeline.monitoring.monitor import Monitor
from pipeline.monitoring.view import View
from pipeline.run.current import keep_privately
from pipeline.settings.secrets import public_message
from pipeline.web.library.library import Library

log = logging.getLogger(__name__)
POLL_S = 1.0
_WARM_AGAIN_S = 30.0  # a model that cannot be loaded is not tried every second


class Service:
    """Made once; `running` keeps it up to date for as long as the application lives."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.live = LiveRun(library)
        self.is_warm = False
        self.stopping = threading.Event()
        self._said = ""
        self._warm_due = 0.0

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follows what is published in the background, where a model takes its time to load."""
        thread = threading.Thread(target=self._follow, name="follow", daemon=True)
        thread.start()
        try:
            with threadpool_limits(1, "blas"):  # numpy's idle threads spin: half of what a question cost
                yield
        finally:
            self.stopping.set()
            await asyncio.to_thread(thread.join, 2 * POLL_S)

    @property
    def is_ready(self) -> bool:
        """Whether a question is answered without waiting for a model."""
        return self.is_warm

    def _follow(self) -> None:
        while not self.stopping.is_set():
            began = time.monotonic()
            self.look()
            self.stopping.wait(max(0.1, POLL_S - (time.monotonic() - began)))

    def look(self) -> None:
        """Take up what was published since, and load the model unless it is loaded. Tells what goes wrong."""
        try:
            self._refresh()
        except Exception as error:
            self._tell(error)

    def _refresh(self) -> None:
        self.library.refresh()
        if not self.is_warm and time.monotonic() >= self._warm_due:
            self._warm_due = time.monotonic() + _WARM_AGAIN_S
            self.library.warm()
            self.is_warm = True

    def _tell(self, error: Exception) -> None:
        """Once, not every second, and not of what only fails because the process ends."""
        message = public_message(error)
        if message != self._said and not self.stopping.is_set():
            keep_privately("serve", error)
            log.warning("%s", message)
        self._said = message


class LiveRun:
    """The latest run, read once a second however many want to see it."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._monitor: Monitor | None = None
        self._seen: tuple[float, View | None] = float("-inf"), None
        self._looking = threading.Lock()

    def view(self) -> View | None:
        """None before any run has begun."""
        with self._looking:
            looked, view = self._seen
            if time.monotonic() - looked >= POLL_S:
                self._monitor = self._library.latest_monitor(self._monitor)
                view = self._monitor.view() if self._monitor else None
                self._seen = time.monotonic(), view
            return view


def service_of(request: Request) -> Service:
    """What the application was made with."""
    service: Service = request.app.state.service
    return service


def library_of(request: Request) -> Library:
    """The library that all requests share."""
    return service_of(request).library


async def running_service(request: Request) -> Service:
    """FastAPI's dependency; for one that is not a coroutine each request would wait for another thread."""
    return service_of(request)


async def asked_library(request: Request) -> Library:
    """As `running_service`."""
    return library_of(request)
