"""The HTTP API under /api/v1: GET requests, JSON answers, problem+json errors. `pipeline.web.app` makes it answer."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from pipeline.monitoring.view import View
from pipeline.web import answers, conditional
from pipeline.web.downloads import send_original
from pipeline.web.events import stream
from pipeline.web.library.library import Library, Listing, NotPublishedError
from pipeline.web.library.standing import Standing
from pipeline.web.problems import Refusal, problem, responses
from pipeline.web.query import Part, Search, Select
from pipeline.web.service import Service, asked_library, running_service

router = APIRouter(prefix="/api/v1", responses=responses())
Asked = Annotated[Library, Depends(asked_library)]
Running = Annotated[Service, Depends(running_service)]
DocumentId = Annotated[str, Path(max_length=64, description="`document_id` of a hit or of a listing")]
RunId = Annotated[str, Path(max_length=64, description="`run_id` of a run")]
_FILE: dict[str, Any] = {"application/octet-stream": {}}
_NOT_MODIFIED: dict[int | str, dict[str, Any]] = {304: {"description": "what `If-None-Match` names is still so"}}


@router.get("/search", tags=["search"])
def search(library: Asked, asked: Search) -> answers.SearchAnswer:
    """Passages that answer a question, best first, as `nic search` gives them."""
    hits = library.ask(asked.q, asked.top_k, asked.method, asked.options)
    return answers.SearchAnswer(commit=library.edition().commit, hits=tuple(hits))


@router.get("/documents", tags=["documents"])
def documents(library: Asked, asked: Select) -> Listing:
    """The published documents, or those that were selected, with counts of what is among them."""
    return library.documents(asked.selection, asked.first, asked.count)


@router.get("/documents/{document_id}", tags=["documents"], responses=_NOT_MODIFIED, response_model=answers.Detail)
def document(request: Request, response: Response, library: Asked, document_id: DocumentId) -> Any:
    """What is known of a document, and its outline."""
    card = library.card(document_id)
    pictures = library.can_show_pages(document_id)
    tag = conditional.etag("document", card, pictures)
    if same := conditional.known(request, tag):
        return same
    response.headers.update(conditional.headers(tag))
    return answers.Detail(document=card, outline=tuple(library.outline(document_id)), has_page_pictures=pictures)


@router.get(
    "/documents/{document_id}/passages", tags=["documents"], responses=_NOT_MODIFIED, response_model=answers.Passages
)
def passages(request: Request, response: Response, library: Asked, document_id: DocumentId, asked: Part) -> Any:
    """A document's text in order, passage by passage."""
    card = library.card(document_id)
    tag = conditional.etag("passages", document_id, card.content_version, asked)
    if same := conditional.known(request, tag):
        return same
    response.headers.update(conditional.headers(tag))
    found = library.passages(document_id, asked.first, asked.count)
    return answers.Passages(total=card.chunks, passages=tuple(found))


@router.get(
    "/documents/{document_id}/pages/{page}.png",
    tags=["documents"],
    response_class=Response,
    responses={**_NOT_MODIFIED, 200: {"content": {"image/png": {}}, "description": "the page as a picture"}},
)
def page_picture(
    request: Request,
    library: Asked,
    document_id: DocumentId,
    page: Annotated[int, Path(ge=1, le=1_000_000)],
    passage: Annotated[int | None, Query(ge=0, le=10_000_000, description="frame this one alone")] = None,
) -> Response:
    """A page of a PDF or image as it looks, with a frame around the passage, or a numbered one around each.

    404 for a passage that does not stand on this page.
    """
    tag = conditional.etag("page", document_id, library.card(document_id).content_version, page, passage)
    same = conditional.known(request, tag)
    if same and not conditional.takes_any(request):
        return same  # a tag is given with a picture alone, so this page has one
    picture = library.page_picture(document_id, page, passage)
    return same or Response(picture, media_type="image/png", headers=conditional.headers(tag))


@router.get(
    "/documents/{document_id}/original",
    tags=["documents"],
    response_class=Response,
    responses={
        **_NOT_MODIFIED,
        200: {"content": _FILE, "description": "the file"},
        206: {"content": _FILE, "description": "the part of it that `Range` names"},
        416: problem(Refusal.RANGE_NOT_SATISFIABLE),
    },
)
def original(request: Request, library: Asked, document_id: DocumentId) -> Response:
    """The approved file itself, byte by byte."""
    found, path = library.original(document_id)
    tag = conditional.etag("original", found)
    return conditional.known(request, tag) or send_original(found, path, tag)


@router.get("/quarantine", tags=["status"])
def quarantine(library: Asked) -> answers.Quarantine:
    """Documents that are not in the collection, why, and what to do about each."""
    return answers.Quarantine(documents=tuple(library.quarantined()))


@router.get("/status", tags=["status"])
def status(library: Asked) -> Standing:
    """What readers are given, since when, when it was proven, and what stands between it and the source."""
    return library.standing()


@router.get("/runs", tags=["status"])
def runs(library: Asked, last: Annotated[int, Query(ge=1, le=500, description="how many")] = 20) -> answers.Runs:
    """The runs so far, latest first."""
    return answers.Runs(runs=tuple(library.past_runs(last)))


@router.get("/runs/{run_id}", tags=["status"])
def run(library: Asked, run_id: RunId) -> View:
    """Where a run stands, or stood at its end."""
    if found := library.view_run(run_id):
        return found
    raise NotPublishedError(run_id)


@router.get(
    "/events",
    tags=["status"],
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}, "description": "`run` events: the latest run's view"}},
)
def events(service: Running) -> StreamingResponse:
    """The latest run as it goes on, by server-sent events."""
    return StreamingResponse(stream(service), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


@router.get("/health/live", tags=["health"])
async def live() -> answers.Health:
    """The service answers: at once, since it needs none of the threads that questions wait for."""
    return answers.Health(status="live")


@router.get(
    "/health/ready",
    tags=["health"],
    responses={503: {"model": answers.Health, "description": "Not yet: the model is being loaded"}},
)
async def ready(response: Response, service: Running) -> answers.Health:
    """A question is answered at once, since the model is loaded. Else 503."""
    response.status_code = 200 if service.is_ready else 503
    return answers.Health(status="ready" if service.is_ready else "starting")
