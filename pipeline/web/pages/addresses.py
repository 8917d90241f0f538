"""Where pages, passages, pictures and files are."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urlencode

from starlette.requests import Request

PASSAGES_SHOWN = 100
"""Of a document on one page."""
_WEB = ("https://", "http://")


def document_address(document_id: str, passage: int | None = None, question: str = "") -> str:
    """A document's page, or the passage on it; with a question its words are marked there."""
    part = 1 if passage is None else passage // PASSAGES_SHOWN + 1
    query = urlencode({**({"q": question} if question else {}), **({"part": part} if part > 1 else {})})
    fragment = "" if passage is None else f"#passage-{passage}"
    return f"/documents/{quote(document_id, safe='')}{'?' if query else ''}{query}{fragment}"


def original_address(document_id: str) -> str:
    """The API's, which gives the file itself."""
    return f"/api/v1/documents/{quote(document_id, safe='')}/original"


def picture_address(document_id: str, page: int, passage: int | None = None) -> str:
    """The API's picture of a page (from 1), with a frame around the passage or around each."""
    query = "" if passage is None else f"?passage={passage}"
    return f"/api/v1/documents/{quote(document_id, safe='')}/pages/{page}.png{query}"


def report_address(run_id: str) -> str:
    """The page with a run's report."""
    return f"/runs/{quote(run_id, safe='')}/report"


def web_address(url: str | None) -> str | None:
    """A link that comes from outside, if following it can only open a page."""
    return url if url and url.lower().startswith(_WEB) else None


def with_query(request: Request, changes: Mapping[str, object]) -> str:
    """The address of this page with other parameters; an empty value takes one away."""
    given = {name: value for name, value in request.query_params.items() if name not in changes}
    query = urlencode({**given, **{name: value for name, value in changes.items() if value not in ("", None)}})
    return f"{quote(request.url.path, safe='/')}{'?' if query else ''}{query}"
