"""The run going on, told live: server-sent events, one a second while something changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from starlette.concurrency import run_in_threadpool

from pipeline.web.service import Service

_INTERVAL_S = 1.0
_KEEP_ALIVE_TURNS = 15  # a proxy ends a connection on which nothing moves


async def stream(service: Service) -> AsyncIterator[str]:
    """`run` events with the View of the latest run as JSON, until the service or the reader ends it."""
    before, turns = "", 0
    while not service.stopping.is_set():
        view = await run_in_threadpool(service.live.view)
        said = view.model_dump_json() if view else "{}"
        if said != before:
            before, turns = said, 0
            yield f"event: run\ndata: {said}\n\n"
        elif (turns := turns + 1) % _KEEP_ALIVE_TURNS == 0:
            yield ": still here\n\n"
        await asyncio.sleep(_INTERVAL_S)
