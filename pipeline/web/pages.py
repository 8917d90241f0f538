"""The pages for people, as HTML. `pipeline.web.page` fills the templates."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from pipeline.errors import PipelineError
from pipeline.languages import PageTexts, choose
from pipeline.library.library import Library
from pipeline.search import Hit
from pipeline.settings.secrets import public_message
from pipeline.web.form import Form
from pipeline.web.page import Answer, picture_address, render, style
from pipeline.web.service import library_of

router = APIRouter(include_in_schema=False)
Asked = Annotated[Library, Depends(library_of)]
_HITS = 10
_PICTURES = 3  # of a hit's pages


def texts_of(request: Request, library: Asked) -> PageTexts:
    return choose(request.headers.get("accept-language", ""), library.run.settings.pipeline.report_language)


Words = Annotated[PageTexts, Depends(texts_of)]


@router.get("/")
def search_page(request: Request, library: Asked, words: Words) -> Response:
    try:
        form = Form.read(request.url.query)
    except (ValueError, ValidationError):
        return _html(render(Form(), words, problem=words.bad_form), 400)
    try:
        hits = library.ask(form.q, _HITS, form.method, form.options) if form.q else []
    except PipelineError as error:
        return _html(render(form, words, problem=public_message(error)), 503)
    return _html(render(form, words, [Answer(hit, _pictures(library, hit)) for hit in hits]))


@router.get("/style.css")
def style_sheet() -> Response:
    return Response(style(), media_type="text/css; charset=utf-8")


@router.get("/favicon.ico")
def icon() -> Response:
    return Response(status_code=204)


def _pictures(library: Library, hit: Hit) -> dict[int, str]:
    if not library.can_show_pages(hit.document_id):
        return {}
    return {page: picture_address(hit, page) for page in hit.page_numbers[:_PICTURES]}


def _html(content: bytes, status: int = 200) -> Response:
    headers = {"Vary": "Accept-Language"}
    return Response(content, status, headers, media_type="text/html; charset=utf-8")
