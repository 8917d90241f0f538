"""What the service answers when it does not give what it was asked for: problem+json (RFC 9457) with a code."""

from __future__ import annotations

from enum import StrEnum
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from pipeline.errors import ErrorCode, PipelineError
from pipeline.settings.secrets import public_message

MEDIA_TYPE = "application/problem+json"


class Refusal(StrEnum):
    """Why a request was refused, whatever the collection holds."""

    status: HTTPStatus
    meaning: str
    remedy: str

    def __new__(cls, value: str, status: HTTPStatus, meaning: str, remedy: str) -> Refusal:
        """The member is equal to its value, which is what programs see."""
        refusal = str.__new__(cls, value)
        refusal._value_ = value
        refusal.status, refusal.meaning, refusal.remedy = status, meaning, remedy
        return refusal

    NOT_HTTP = (
        "not_http",
        HTTPStatus.BAD_REQUEST,
        "what was sent is no HTTP request; characters outside ASCII have to be escaped in an address",
        "escape the address as a browser does",
    )
    INVALID_REQUEST = (
        "invalid_request",
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "a parameter is missing, unknown or invalid",
        "correct the parameters that `errors` names",
    )
    UNAUTHORISED = (
        "unauthorised",
        HTTPStatus.UNAUTHORIZED,
        "the request has no token, or one that is unknown or was revoked",
        "send `Authorization: Bearer` and a token of `nic token create`",
    )
    WRONG_ORIGIN = (
        "wrong_origin",
        HTTPStatus.FORBIDDEN,
        "a web page of another server asks, which `[web] origins` does not name",
        "name the page's server in `[web] origins`",
    )
    NOT_FOUND = (
        "not_found",
        HTTPStatus.NOT_FOUND,
        "there is no such address, document, page or run, or it is not published",
        "search again: what is published may have changed",
    )
    METHOD_NOT_ALLOWED = (
        "method_not_allowed",
        HTTPStatus.METHOD_NOT_ALLOWED,
        "the address does not answer this method; the service only reads",
        "use GET",
    )
    TOO_SLOW = (
        "request_too_slow",
        HTTPStatus.REQUEST_TIMEOUT,
        "the request's body did not come within 30 seconds",
        "send it again",
    )
    TOO_LARGE = (
        "request_too_large",
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "the request is larger than 64 kB",
        "ask less at once",
    )
    RANGE_NOT_SATISFIABLE = (
        "range_not_satisfiable",
        HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
        "the part of the file that `Range` asks for does not exist, or `Range` is malformed",
        "ask for bytes below the size that `Content-Range` says, or for the whole file",
    )
    WRONG_HOST = (
        "wrong_host",
        HTTPStatus.MISDIRECTED_REQUEST,
        "the request is for a name that is not this machine's and that `[web] names` does not have",
        "use the machine's own name or address, or add the name to `[web] names`",
    )
    TOO_MANY_REQUESTS = (
        "too_many_requests",
        HTTPStatus.TOO_MANY_REQUESTS,
        "more requests in a minute than `[web] requests_per_minute`",
        "wait as long as `Retry-After` says",
    )


class Problem(BaseModel):
    """The body of every answer that is an error."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:nic-etl:error:not_found",
                    "title": Refusal.NOT_FOUND.meaning,
                    "status": 404,
                    "code": "not_found",
                    "remedy": Refusal.NOT_FOUND.remedy,
                }
            ]
        }
    )

    type: str = Field(description="URN of the code")
    title: str = Field(description="what the code means")
    status: int
    code: str = Field(description="docs/errors.md lists all of them")
    remedy: str
    detail: str | None = Field(None, description="what happened this time")
    errors: list[str] | None = Field(None, description="the parameters that are invalid, and why")


def of_refusal(refusal: Refusal, detail: str | None = None, errors: list[str] | None = None) -> Problem:
    """The problem of a refusal; `detail` and `errors` say more about this request."""
    return Problem(
        type=f"urn:nic-etl:error:{refusal}",
        title=refusal.meaning,
        status=refusal.status,
        code=refusal,
        remedy=refusal.remedy,
        detail=detail,
        errors=errors,
    )


def of_error(error: Exception) -> Problem:
    """What may be told of an error, whatever it is."""
    code = error.code if isinstance(error, PipelineError) else ErrorCode.INTERNAL
    status = HTTPStatus.INTERNAL_SERVER_ERROR if code is ErrorCode.INTERNAL else HTTPStatus.SERVICE_UNAVAILABLE
    return Problem(
        type=f"urn:nic-etl:error:{code}",
        title=code.meaning,
        status=status,
        code=code,
        remedy=code.remedy,
        detail=public_message(error),
    )


def respond(problem: Problem, headers: dict[str, str] | None = None) -> Response:
    """As application/problem+json with the problem's status."""
    return Response(problem.model_dump_json(exclude_none=True), problem.status, headers=headers, media_type=MEDIA_TYPE)


def responses() -> dict[int | str, dict[str, Any]]:
    """For OpenAPI: the errors that every address may answer with."""
    everywhere = (refusal for refusal in Refusal if refusal is not Refusal.RANGE_NOT_SATISFIABLE)
    described: dict[int, str] = {refusal.status: refusal.meaning for refusal in everywhere}
    described |= {500: ErrorCode.INTERNAL.meaning, 503: "nothing is published yet, or Qdrant does not answer"}
    return {status: _described(text) for status, text in described.items()}


def problem(refusal: Refusal) -> dict[str, Any]:
    """For OpenAPI: an error that some addresses alone answer with."""
    return _described(refusal.meaning)


def _described(text: str) -> dict[str, Any]:
    return {"description": text, "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
