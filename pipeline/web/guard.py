"""Stands before the whole application: who may ask, how much and how often; what every answer says; what is logged."""

from __future__ import annotations

import asyncio
import logging
import math
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.run.current import keep_privately
from pipeline.settings.sections import Settings
from pipeline.web.access import Access
from pipeline.web.limits import RateLimit
from pipeline.web.problems import Problem, Refusal, of_error, of_refusal, respond

MAX_REQUEST_BYTES = 64_000
BODY_TIMEOUT_S = 30.0
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""On every answer; one that needs another policy brings its own, and keeps the rest."""
access_log = logging.getLogger("pipeline.web.access")


class _RefusedError(Exception):
    """What came of a request's body was too much, or too little in time."""


class Guard:
    """The application with its guard before it."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._access = Access(settings)
        self._limit = RateLimit(settings.web.requests_per_minute)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI: requests are checked, the lifespan is handed on, websockets are closed."""
        if scope["type"] == "http":
            await _Exchange(scope, receive, send).run(self)
        elif scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        else:
            await send({"type": "websocket.close"})

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises what the application raises."""
        refusal, headers = self._refusal(scope)
        if refusal:
            await respond(of_refusal(refusal), headers)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _refusal(self, scope: Scope) -> tuple[Refusal | None, dict[str, str]]:
        caller = self._access.judge(scope)
        if caller is Refusal.UNAUTHORISED:
            wait_s = self._limit.wait_s(str((scope.get("client") or ("?",))[0]))
            if not wait_s:
                return Refusal.UNAUTHORISED, {"WWW-Authenticate": 'Basic realm="nic", charset="UTF-8", Bearer'}
            return Refusal.TOO_MANY_REQUESTS, {"Retry-After": str(math.ceil(wait_s))}
        if isinstance(caller, Refusal):
            return caller, {}
        wait_s = self._limit.wait_s(caller.limited_as) if caller.limited_as else 0
        if wait_s:
            return Refusal.TOO_MANY_REQUESTS, {"Retry-After": str(math.ceil(wait_s))}
        if _announced_bytes(scope) > MAX_REQUEST_BYTES:
            return Refusal.TOO_LARGE, {}
        return None, {}


class _Exchange:
    """One request and its answer."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self._received = 0
        self._has_all = False
        self._status = 0
        self._is_refused = False

    async def run(self, guard: Guard) -> None:
        began = time.perf_counter()
        try:
            await guard.answer(self._scope, self.receive, self.send)
        except _RefusedError:
            pass  # and answered
        except Exception as error:  # documents may be quoted in it, so that nobody else may report it
            keep_privately("serve", error)
            await self._respond(of_error(error))
        finally:
            seconds = time.perf_counter() - began
            where = self._scope["path"].encode("unicode_escape").decode()[:200]  # never the question behind it
            access_log.info("%s %s %d %.0f ms", self._scope["method"], where, self._status, seconds * 1000)

    async def receive(self) -> Message:
        """What comes after the body is that the asker has gone, which may take as long as it likes."""
        try:
            async with asyncio.timeout(None if self._has_all else BODY_TIMEOUT_S):
                message = await self._receive()
        except TimeoutError:
            await self._refuse(Refusal.TOO_SLOW)
        self._has_all = not message.get("more_body", False)
        self._received += len(message.get("body", b""))
        if self._received > MAX_REQUEST_BYTES:
            await self._refuse(Refusal.TOO_LARGE)
        return message

    async def _refuse(self, refusal: Refusal) -> None:
        """Before the application, which would say that something went wrong. Raises _RefusedError."""
        await self._respond(of_refusal(refusal))
        self._is_refused = True
        raise _RefusedError

    async def send(self, message: Message) -> None:
        if self._is_refused:
            return
        if message["type"] == "http.response.start":
            self._status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await self._send(message)

    async def _respond(self, problem: Problem) -> None:
        if not self._status:
            await respond(problem)(self._scope, self._receive, self.send)


def _announced_bytes(scope: Scope) -> int:
    length = Headers(scope=scope).get("content-length", "0")
    return int(length) if length.isdecimal() else 0
