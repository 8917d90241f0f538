"""Conditional requests: an answer that whoever asks has already is not given again."""

from __future__ import annotations

import hashlib

from starlette.requests import Request
from starlette.responses import Response

_KEEP = "private, no-cache"  # kept by the asker alone, who asks each time whether it still holds


def etag(*parts: object) -> str:
    """Equal for equal parts, which must decide the whole answer."""
    return f'"{hashlib.sha256(repr(parts).encode()).hexdigest()[:24]}"'


def headers(tag: str) -> dict[str, str]:
    """What an answer of this tag is sent with."""
    return {"ETag": tag, "Cache-Control": _KEEP}


def known(request: Request, tag: str) -> Response | None:
    """304 when the asker's copy is this one, or when any would do (`*`); then the caller has to know that there is one
    (RFC 9110, 13.1.2)."""
    tags = {each.strip().removeprefix("W/") for each in _asked(request).split(",")}
    return Response(status_code=304, headers=headers(tag)) if tag in tags or takes_any(request) else None


def takes_any(request: Request) -> bool:
    """Whether whoever asks has no copy in mind (`If-None-Match: *`): 304 says only that there is something."""
    return _asked(request).strip() == "*"


def _asked(request: Request) -> str:
    return request.headers.get("if-none-match", "")
