"""The addresses of the pages."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from pipeline.errors import PipelineError
from pipeline.web.library.library import Library, NotPublishedError
from pipeline.web.pages.document_page import document_page
from pipeline.web.pages.documents_page import documents_page
from pipeline.web.pages.forms import DocumentsForm, SearchForm
from pipeline.web.pages.quarantine_page import quarantine_page
from pipeline.web.pages.rendering import Screen, screen, static
from pipeline.web.pages.search_page import search_page
from pipeline.web.pages.status_page import live, status_page
from pipeline.web.service import Service, asked_library, library_of, running_service

router = APIRouter(include_in_schema=False)
Asked = Annotated[Library, Depends(asked_library)]
Running = Annotated[Service, Depends(running_service)]
Part = Annotated[int, Query(ge=1, le=1_000_000)]
_REPORT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'none'"
_STATIC = {"pages.css": "text/css; charset=utf-8", "live.js": "text/javascript; charset=utf-8"}


@router.get("/")
def search(request: Request, library: Asked) -> Response:
    """The search page, which is the first one."""
    shown = _screen(request, library, "search")
    try:
        form = SearchForm.read(request)
    except ValidationError:
        return _bad_form(shown)
    return search_page(shown, library, form)


@router.get("/documents")
def documents(request: Request, library: Asked) -> Response:
    """The list of documents, narrowed down by the filters of the query string."""
    shown = _screen(request, library, "documents")
    try:
        form = DocumentsForm.read(request)
    except ValidationError:
        return _bad_form(shown)
    return documents_page(shown, library, form)


@router.get("/documents/{document_id}")
def document(
    request: Request,
    library: Asked,
    document_id: Annotated[str, Path(max_length=64)],
    part: Part = 1,
    q: Annotated[str, Query(max_length=1000)] = "",
) -> Response:
    """A part of a document, from 1; `q` is the question whose words are marked."""
    shown = _screen(request, library, "documents")
    try:
        return document_page(shown, library, document_id, part, q)
    except NotPublishedError:
        return _message(shown, 404, shown.words.gone_title, shown.words.gone)
    except PipelineError as error:
        return _message(shown, 503, shown.words.problem, shown.explain(error))


@router.get("/quarantine")
def quarantine(request: Request, library: Asked, page: Part = 1) -> Response:
    """What is in quarantine, a page at a time."""
    return quarantine_page(_screen(request, library, "quarantine"), library, page)


@router.get("/status")
def status(request: Request, service: Running) -> Response:
    """How things stand as the page is made; `live_status` goes on from there."""
    return status_page(_screen(request, service.library, "status"), service)


@router.get("/status/live")
def live_status(request: Request, service: Running) -> StreamingResponse:
    """The same page's changing parts, as server-sent events."""
    shown = _screen(request, service.library, "status")
    return StreamingResponse(live(shown, service), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


@router.get("/runs/{run_id}/report")
def report(request: Request, library: Asked, run_id: Annotated[str, Path(max_length=64)]) -> Response:
    """As the run wrote it; its styles are inside it."""
    content = library.report(run_id)
    if content is None:
        return not_found(request)
    return Response(content, headers={"Content-Security-Policy": _REPORT_POLICY}, media_type="text/html; charset=utf-8")


@router.get("/static/{name}")
def static_file(request: Request, name: str) -> Response:
    """One of the few files that pages use; 404 for any other name."""
    if name not in _STATIC:
        return not_found(request)
    return Response(static(name), headers={"Cache-Control": "private, max-age=300"}, media_type=_STATIC[name])


@router.get("/favicon.ico")
def icon() -> Response:
    """204: there is none, and a browser that is told so stops asking."""
    return Response(status_code=204)


def not_found(request: Request) -> Response:
    """For a browser that asks for a page that there is not."""
    shown = _screen(request, library_of(request))
    return _message(shown, 404, shown.words.gone_title, shown.words.gone)


def failed(request: Request, error: Exception) -> Response:
    """For what nobody expected: its class alone."""
    shown = _screen(request, library_of(request))
    return _message(shown, 500, shown.words.problem, shown.explain(error))


def bad_request(request: Request) -> Response:
    """For an address whose parameters cannot be."""
    return _bad_form(_screen(request, library_of(request)))


def _screen(request: Request, library: Library, here: str = "") -> Screen:
    return screen(request, library.run.settings.pipeline.report_language, here)


def _bad_form(shown: Screen) -> Response:
    return _message(shown, 400, shown.words.problem, shown.words.bad_form)


def _message(shown: Screen, status: int, heading: str, text: str) -> Response:
    said: dict[str, Any] = {"heading": heading, "text": text}
    return shown.page("message.html.jinja", status, **said)
