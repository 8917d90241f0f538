"""HEAD: every address that answers GET answers it, with the same headers and no body (RFC 9110)."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class AnswersHead:
    """FastAPI's routes refuse HEAD: the application is asked with GET, and only the head of its answer is sent on."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI: HEAD becomes GET without Range, all else is handed on as it is."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        asked = {**scope, "method": "GET", "headers": list(scope["headers"])}
        del MutableHeaders(scope=asked)["range"]  # means something with GET alone

        async def send_head(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
                # The answer is complete, so that the server tells an endless stream that its reader has gone.
                await send({"type": "http.response.body", "body": b"", "more_body": False})

        await self._app(asked, receive, send_head)
