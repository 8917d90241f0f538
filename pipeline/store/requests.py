"""The rules of every request to Qdrant: retries within bounds, and this project's errors for Qdrant's.

It opens no connection (that is `pipeline.store.connection`), and importing it loads no Qdrant library.
"""

from __future__ import annotations

import json
import logging
import re
import sqlite3
from collections.abc import Callable, Mapping
from typing import ParamSpec, TypeVar

from tenacity import wait_random_exponential

from pipeline.datadir import files
from pipeline.errors import ConfigurationError, ErrorCode, PermanentError, PipelineError, TransientError, sanitise
from pipeline.settings.retries import TOO_MANY_REQUESTS, NoAnswerError, RetryPolicy, asked_wait_s

P = ParamSpec("P")
T = TypeVar("T")
_CONTENT_STATUS = {400, 409, 413, 422}  # these refuse the request itself; others are the server's or a proxy's trouble
_QUOTED = re.compile(r"([\"'`]).*?\1", re.DOTALL)
_log = logging.getLogger(__name__)
RETRIES = RetryPolicy(wait_random_exponential(multiplier=1, max=8), _log.warning)  # jitter parts hosts


def call(request: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The answer of one request, which must be safe to repeat: its answer may be lost after it was carried out.

    Raises TransientError (STORE_UNREACHABLE when `RETRIES` is used up, STORE_MISMATCH for a collection that is not
    there), ConfigurationError for a refused key, PermanentError (REJECTED, TOO_LARGE) for refused content.
    """

    def attempt() -> T:
        try:
            with files.disk_errors():  # of local mode
                return request(*args, **kwargs)
        except Exception as error:
            known = _translated(error)
            if known is None:
                raise
            raise known from None

    return RETRIES.call(attempt)


def _translated(error: Exception) -> PipelineError | None:
    from qdrant_client.common.client_exceptions import QdrantException
    from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

    match error:
        case UnexpectedResponse():
            return _refusal(error.status_code or 0, _reason(error.content), error.headers)
        case ResponseHandlingException() | AssertionError() | json.JSONDecodeError() | UnicodeDecodeError():
            return _no_answer(getattr(error, "source", error))  # the others: something answers in Qdrant's place
        case QdrantException():  # 429 with a Retry-After, which may be no number
            return _refusal(TOO_MANY_REQUESTS, "", {"retry-after": str(getattr(error, "retry_after_s", ""))})
        case sqlite3.Error():
            return TransientError(
                f"cannot write the local Qdrant files: {error}; is the disk full?", ErrorCode.STORE_UNREACHABLE
            )
        case ValueError():  # local mode's refusals
            return _refusal(404 if "not found" in str(error) else 400, str(error), {})
    return None


def _reason(content: bytes) -> str:
    """What Qdrant says; a proxy in front of it says it otherwise, and nothing worth showing."""
    try:
        return str(json.loads(content)["status"]["error"])
    except (ValueError, KeyError, TypeError):
        return ""


def _refusal(status: int, reason: str, headers: Mapping[str, str]) -> PipelineError:
    if status not in _CONTENT_STATUS | {401, 403, 404}:
        no_answer = NoAnswerError(f"Qdrant is not able to answer now (HTTP {status})", ErrorCode.STORE_UNREACHABLE)
        no_answer.asked_wait_s = asked_wait_s(status, headers)
        return no_answer
    if status in (401, 403):
        return ConfigurationError(f"Qdrant refused the key (HTTP {status}): set QDRANT_API_KEY to one that may write")
    if status == 404:
        return TransientError("Qdrant has no such collection: `nic run` builds it", ErrorCode.STORE_MISMATCH)
    if status == 413 or (status == 400 and "larger than allowed" in reason):
        return PermanentError("one chunk alone is over Qdrant's request limit", ErrorCode.TOO_LARGE)
    shown = _QUOTED.sub("…", reason)  # what is quoted may be text of the document
    return PermanentError(sanitise(f"Qdrant refused the request (HTTP {status}): {shown}"), ErrorCode.REJECTED)


def _no_answer(source: Exception) -> PipelineError:
    if "CERTIFICATE_VERIFY_FAILED" in str(source):
        return ConfigurationError("Qdrant's certificate is not trusted: set QDRANT_CA_FILE to its authority's PEM file")
    return NoAnswerError(
        f"Qdrant does not answer ({type(source).__name__}): check that it runs and that QDRANT_URL names it, "
        "then run again",
        ErrorCode.STORE_UNREACHABLE,
    )
