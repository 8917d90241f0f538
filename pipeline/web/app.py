"""The one application: pages for people, an HTTP API for programs, MCP for agents, over the same library."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from mcp.server.transport_security import TransportSecuritySettings
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from pipeline.errors import PipelineError
from pipeline.settings.sections import __version__
from pipeline.web import api, pages
from pipeline.web.agents import create_mcp
from pipeline.web.guard import Guard
from pipeline.web.head import AnswersHead
from pipeline.web.library.library import NotPublishedError
from pipeline.web.problems import Problem, Refusal, of_error, of_refusal, respond
from pipeline.web.service import Service

_FOR_PROGRAMS = ("/api/", "/mcp")
_GUARDED = TransportSecuritySettings(enable_dns_rebinding_protection=False)  # the guard has looked at Host and Origin


def create_app(service: Service) -> ASGIApp:
    """To be served by uvicorn, or any other ASGI server; its lifespan loads the model in the background."""
    return Guard(AnswersHead(_application(service)), service.library.run.settings)


def _application(service: Service) -> FastAPI:
    app = _Described(
        title="NIC ETL",
        version=__version__,
        description="Search and read the published collection of approved documents. Nothing can be changed here. "
        "Every address answers HEAD as it answers GET, without a body.",
        lifespan=_lifespan,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.service = service
    agents = create_mcp(service.library)
    app.state.agents = agents
    app.include_router(api.router)
    app.include_router(pages.router)
    app.exception_handler(PipelineError)(_pipeline_error)
    app.exception_handler(HTTPException)(_http_error)
    app.exception_handler(RequestValidationError)(_invalid)
    app.exception_handler(NotPublishedError)(_not_found)
    app.exception_handler(Exception)(_unexpected)
    origins = service.library.run.settings.web.origins
    if origins:
        app.add_middleware(CORSMiddleware, allow_origins=origins, allow_headers=["Authorization", "If-None-Match"])
    app.router.routes += agents.streamable_http_app(
        json_response=True, stateless_http=True, transport_security=_GUARDED
    ).routes
    return app


class _Described(FastAPI):
    """Its description says what FastAPI cannot know: the guard's part of it."""

    def openapi(self) -> dict[str, Any]:
        described = super().openapi()
        components = described.setdefault("components", {})
        components["schemas"]["Problem"] = Problem.model_json_schema()
        components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        described["security"] = [{"token": []}, {}]
        return described


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with app.state.service.running(), app.state.agents.session_manager.run():
        yield


def _pipeline_error(_: Request, error: PipelineError) -> Response:
    return respond(of_error(error))


def _not_found(_: Request, __: NotPublishedError) -> Response:
    return respond(of_refusal(Refusal.NOT_FOUND))


def _unexpected(request: Request, error: Exception) -> Response:
    """It is raised again afterwards, for the guard to keep it."""
    return respond(of_error(error)) if _is_for_programs(request) else pages.failed(request, error)


def _is_for_programs(request: Request) -> bool:
    return request.url.path.startswith(_FOR_PROGRAMS)


def _http_error(request: Request, error: HTTPException) -> Response:
    if error.status_code == HTTPStatus.NOT_FOUND and not _is_for_programs(request):
        return pages.not_found(request)
    refusal = next((found for found in Refusal if found.status == error.status_code), Refusal.INVALID_REQUEST)
    headers = dict(error.headers or {})
    if headers.get("Allow") == "GET":
        headers["Allow"] = "GET, HEAD"
    return respond(of_refusal(refusal), headers)


def _invalid(request: Request, error: RequestValidationError) -> Response:
    """Names of parameters and what is wrong with them; never what was given."""
    if not _is_for_programs(request):
        return pages.bad_request(request)
    found = [f"{'.'.join(str(part) for part in each['loc'][1:])}: {each['msg']}" for each in error.errors()]
    return respond(of_refusal(Refusal.INVALID_REQUEST, errors=found))
