"""A document's own file on its way to a browser, which may show it or keep it but never run it."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response
from starlette.types import Message, Receive, Scope, Send

from pipeline.datadir.files import FilePath, read_bytes
from pipeline.web.conditional import headers as kept
from pipeline.web.library.originals import Original

_SHOWN = {"application/pdf", "image/png", "image/jpeg", "text/plain; charset=utf-8"}
"""What browsers show without running anything of it; all else is saved."""
_NOTHING = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; object-src 'self'; frame-ancestors 'none'"
)


class _OriginalFile(FileResponse):
    """Starlette's, but an impossible Range is a problem of ours, and one in another unit than bytes is ignored."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def refuse(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] >= HTTPStatus.BAD_REQUEST:
                size = {"Content-Range": f"bytes */{self.headers['content-length']}"}
                raise HTTPException(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=size)
            await send(message)

        headers = MutableHeaders(scope=scope)
        unit, equals, _ = headers.get("range", "").partition("=")
        if equals and unit.strip().lower() != "bytes":
            del headers["range"]
        await super().__call__(scope, receive, refuse)


def send_original(original: Original, path: FilePath, tag: str) -> Response:
    """Raises FileNotFoundError when the file is gone."""
    headers = {**kept(tag), "Content-Disposition": _disposition(original), "Content-Security-Policy": _policy(original)}
    if hasattr(path, "fs"):
        return Response(read_bytes(path), media_type=original.media_type, headers=headers)
    path.stat()
    return _OriginalFile(path, media_type=original.media_type, headers=headers)


def _policy(original: Original) -> str:
    """Browsers' own PDF viewers do not work in a sandbox."""
    return _NOTHING if original.media_type == "application/pdf" else f"{_NOTHING}; sandbox"


def _disposition(original: Original) -> str:
    """The name as UTF-8 alone (RFC 6266): it may hold anything."""
    kind = "inline" if original.media_type in _SHOWN else "attachment"
    return f"{kind}; filename*=UTF-8''{quote(original.name, safe='')}"
