"""The rules of every request to Qdrant: bounded retries, Retry-After, and this project's errors for Qdrant's.

It opens no connection (that is `pipeline.store.connection`), and importing it loads no Qdrant library.
"""

from __future__ import annotations

import json
import logging
import re
import sqlite3
from collections.abc import Callable, Mapping
from typing import ParamSpec, TypeVar

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from pipeline.datadir import files
from pipeline.errors import ConfigurationError, ErrorCode, PermanentError, PipelineError, TransientError, sanitise

P = ParamSpec("P")
T = TypeVar("T")
_ATTEMPTS = 5
_BACKOFF_S = wait_random_exponential(multiplier=1, max=8)  # jitter keeps several hosts from knocking together
_LONGEST_WAIT_S = 60.0
_CONTENT_STATUS = {400, 409, 413, 422}  # these refuse the request itself; others are the server's or a proxy's trouble
_QUOTED = re.compile(r"([\"'`]).*?\1", re.DOTALL)
_log = logging.getLogger(__name__)


def call(request: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The answer of one request, which must be safe to repeat: its answer may be lost after it was carried out.

    Raises TransientError (STORE_UNREACHABLE) after 5 attempts, TransientError (STORE_MISMATCH) for a collection that
    is not there, ConfigurationError for a refused key, PermanentError (REJECTED, TOO_LARGE) for refused content.
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

    retrying = Retrying(
        stop=stop_after_attempt(_ATTEMPTS),
        wait=_wait_s,
        retry=retry_if_exception_type(UnreachableError),
        before_sleep=_announce,
        reraise=True,
    )
    return retrying(attempt)


class UnreachableError(TransientError):
    """A fault that another attempt may outlive."""

    retry_after_s: float | None = None


def _wait_s(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after_s if isinstance(error, UnreachableError) else None
    return _BACKOFF_S(state) if asked is None else min(max(asked, 0.0), _LONGEST_WAIT_S)


def _announce(state: RetryCallState) -> None:
    _log.warning(
        "%s; attempt %d of %d in %.1f s",
        state.outcome.exception() if state.outcome else "no answer",
        state.attempt_number + 1,
        _ATTEMPTS,
        state.upcoming_sleep,
    )


def _translated(error: Exception) -> PipelineError | None:
    from qdrant_client.common.client_exceptions import QdrantException
    from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

    match error:
        case UnexpectedResponse():
            return _refusal(error.status_code or 0, _reason(error.content), error.headers)
        case ResponseHandlingException() | AssertionError() | json.JSONDecodeError() | UnicodeDecodeError():
            return _no_answer(getattr(error, "source", error))  # the others: something answers in Qdrant's place
        case QdrantException():  # 429 with a Retry-After, which may be no number
            return _refusal(429, "", {"retry-after": str(getattr(error, "retry_after_s", ""))})
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
        unreachable = UnreachableError(f"Qdrant is not able to answer now (HTTP {status})", ErrorCode.STORE_UNREACHABLE)
        asked = headers.get("retry-after") or ""
        unreachable.retry_after_s = float(asked) if asked.lstrip("-").isdigit() else None
        return unreachable
    if status in (401, 403):
        return ConfigurationError(f"Qdrant refused the key (HTTP {status}): set QDRANT_API_KEY to one that may write")
    if status == 404:
        return TransientError("Qdrant has no such collection; run RunAll to build it", ErrorCode.STORE_MISMATCH)
    if status == 413 or (status == 400 and "larger than allowed" in reason):
        return PermanentError("one chunk alone is over Qdrant's request limit", ErrorCode.TOO_LARGE)
    shown = _QUOTED.sub("…", reason)  # what is quoted may be text of the document
    return PermanentError(sanitise(f"Qdrant refused the request (HTTP {status}): {shown}"), ErrorCode.REJECTED)


def _no_answer(source: Exception) -> PipelineError:
    if "CERTIFICATE_VERIFY_FAILED" in str(source):
        return ConfigurationError("Qdrant's certificate is not trusted: set QDRANT_CA_FILE to its authority's PEM file")
    return UnreachableError(
        f"Qdrant does not answer ({type(source).__name__}): check that it runs and that QDRANT_URL names it, "
        "then run again",
        ErrorCode.STORE_UNREACHABLE,
    )
