"""The run going on, told live: server-sent events, one a second while something changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from starlette.concurrency import run_in_threadpool

from pipeline.monitoring.view import View
from pipeline.web.service import Service

_INTERVAL_S = 1.0
_KEEP_ALIVE_TURNS = 15  # a proxy ends a connection on which nothing moves


STILL_HERE = ": still here\n\n"
"""A comment of the protocol."""


class StillHere:
    """Nothing has changed."""


async def stream(service: Service) -> AsyncIterator[str]:
    """`run` events with the View of the latest run as JSON, until the service or the reader ends it."""
    async for view in changes(service):
        if isinstance(view, StillHere):
            yield STILL_HERE
        else:
            yield f"event: run\ndata: {view.model_dump_json() if view else '{}'}\n\n"


async def changes(service: Service) -> AsyncIterator[View | StillHere | None]:
    """The latest run whenever it has changed, or that it has not for a while; None before any run has begun."""
    before, turns = "", 0
    while not service.stopping.is_set():
        view = await run_in_threadpool(service.live.view)
        said = view.model_dump_json() if view else "{}"
        if said != before:
            before, turns = said, 0
            yield view
        elif (turns := turns + 1) % _KEEP_ALIVE_TURNS == 0:
            yield StillHere()
        await asyncio.sleep(_INTERVAL_S)
