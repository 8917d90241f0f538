"""What an answer that is no success means, in this project's errors: each says what to do."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Self

import requests
import urllib3
from gitlab.exceptions import GitlabError

from pipeline.errors import ConfigurationError, ErrorCode, PipelineError
from pipeline.settings.retries import TOO_MANY_REQUESTS, NoAnswerError
from pipeline.settings.secrets import secret

_TRANSIENT_STATUS = {408, 425, TOO_MANY_REQUESTS, *range(500, 600)}
SCOPE = "make one with the scope read_api (read_repository is not enough) and the role Reporter"
WEB_PAGE = (
    "GITLAB_URL answers with a web page and not as GitLab's API: it must be the server's address alone, "
    "reachable without a login page in between"
)
FOREIGN = "GITLAB_URL answers otherwise than GitLab's API: check the address and the proxy before it"


class RefusedError(ConfigurationError):
    """GitLab does not give what was asked for. Whether that is the settings' fault or this one file's, the answers to
    other questions show (`Repository.check`)."""

    answer = "no content"
    """What came instead, in a few words."""

    @classmethod
    def of(cls, answer: str, message: str) -> Self:
        """An error with this message that remembers what came instead (`answer`)."""
        refused = cls(message)
        refused.answer = answer
        return refused


class NotFoundError(RefusedError):
    """GitLab has no such thing, or hides it: it answers alike for what does not exist and what is not permitted."""


class RefusedNameError(RefusedError):
    """The request as such was refused (HTTP 400): the files API takes no name with a newline or `../` in it."""


class LostContentError(RefusedError):
    """GitLab redirects to an object store that does not have the content."""


@contextlib.contextmanager
def known_form() -> Iterator[None]:
    """For reading an answer that should have the form that GitLab documents. Raises RefusedError when it has not."""
    try:
        yield
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise RefusedError.of(type(error).__name__, FOREIGN) from None


def translated(error: Exception) -> PipelineError | None:
    """This project's error for one of python-gitlab or below; None for an unexpected one."""
    match error:
        case GitlabError():
            return _refusal(error.response_code or 0, error.response_body or b"")
        case requests.exceptions.SSLError() | urllib3.exceptions.SSLError():
            return _no_trust(error)
        case requests.exceptions.InvalidURL() | requests.exceptions.InvalidSchema():
            return ConfigurationError("GITLAB_URL must look like https://gitlab.example.org")
        case requests.exceptions.RequestException() | urllib3.exceptions.HTTPError():
            return _no_answer(error)
    return None


def _refusal(status: int, body: bytes) -> PipelineError:
    if status in _TRANSIENT_STATUS:
        no_answer = _unreachable(f"GitLab is not able to answer now (HTTP {status}{_maintenance(body)})")
        no_answer.asked_wait_s = 0.0 if status == TOO_MANY_REQUESTS else None  # `RateLimit` knows for how long
        return no_answer
    is_page = body.lstrip()[:1] == b"<"
    if status == 401 and is_page:
        return ConfigurationError(WEB_PAGE)
    if status == 401 or b"insufficient_scope" in body:
        return ConfigurationError(f"{_token(status, body)} (HTTP {status}): {SCOPE}")
    kind, meaning = (RefusedError, WEB_PAGE) if is_page else _meaning(status, body)
    return kind.of(f"HTTP {status}", f"{meaning} (HTTP {status})")


def _meaning(status: int, body: bytes) -> tuple[type[RefusedError], str]:
    match status:
        case 403:
            return RefusedError, f"{_token(status, body)}: {SCOPE}"
        case 404:
            return NotFoundError, "GitLab knows nothing of the kind, or the token may not see it"
        case 400:
            return RefusedNameError, "GitLab refused the request"
    return RefusedError, "GitLab refused the request: check GITLAB_URL and the proxy before it"


def _token(status: int, body: bytes) -> str:
    if secret("GITLAB_TOKEN") is None:
        return "GITLAB_TOKEN is not set and GitLab asks for one"
    if status == 401:
        return "GitLab does not accept GITLAB_TOKEN; it is expired, revoked or mistyped"
    if b"insufficient_scope" in body:
        return "GITLAB_TOKEN lacks the scope that is needed"
    return "GITLAB_TOKEN's user may not read the repository"


def _maintenance(body: bytes) -> str:
    words = body[:20_000].lower()
    return ", maintenance or deployment" if b"maintenance" in words or b"deploy" in words else ""


def _no_trust(error: Exception) -> PipelineError:
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return ConfigurationError(
            "GitLab's certificate is not trusted: set GITLAB_CA_FILE to its authority's PEM file, "
            "and GITLAB_URL to the name that the certificate is made for"
        )
    return _unreachable("the encrypted connection to GitLab failed (is GITLAB_URL's port the https one?)")


def _no_answer(error: Exception) -> PipelineError:
    return _unreachable(f"GitLab does not answer ({type(error).__name__}): check the network and GITLAB_URL")


def _unreachable(what: str) -> NoAnswerError:
    return NoAnswerError(f"{what}; run again", ErrorCode.SOURCE_UNREACHABLE)
