"""Requests to one GitLab, each bounded in time, repeated with care, answered with data or this project's errors."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qsl, quote, urlsplit

import gitlab
import requests
from tenacity import wait_random_exponential

from pipeline.errors import ConfigurationError, ErrorCode, PipelineError, TransientError
from pipeline.settings.retries import NoAnswerError, RetryPolicy
from pipeline.settings.secrets import check_address, secret
from pipeline.settings.sections import GitlabSettings, __version__
from pipeline.sources.gitlab.errors import FOREIGN, WEB_PAGE, RefusedError, translated
from pipeline.sources.gitlab.rate_limit import RateLimit
from pipeline.sources.gitlab.session import GitlabSession

T = TypeVar("T")
Query = dict[str, str]
_SILENCE_S = 30.0  # without a byte
_ANSWER_S = 120.0  # for all of a JSON answer
_SLOWEST_BYTES_PER_S = 20_000
_BLOCK_BYTES = 1 << 16
_log = logging.getLogger(__name__)
RETRIES = RetryPolicy(
    wait_random_exponential(multiplier=0.5, max=8),  # jitter parts threads and hosts
    _log.info,
    _log.debug,  # `RateLimit` says it once, not for each of the requests that wait
)


class Client:
    """What the GitLab source asks. Safe to share between threads; holds no token.

    Every method raises ConfigurationError (token, scope, address, certificate; RefusedError for what may concern only
    the thing asked for), and NoAnswerError (SOURCE_UNREACHABLE) when `RETRIES` is used up.
    """

    def __init__(self, settings: GitlabSettings) -> None:
        _check(settings)
        self._settings = settings
        self._opening = threading.Lock()
        self._opened: tuple[int, gitlab.Gitlab, RateLimit] | None = None

    def _open(self) -> tuple[gitlab.Gitlab, RateLimit]:
        """One in each process: a forked child must not speak over its parent's connections."""
        with self._opening:
            if self._opened is None or self._opened[0] != os.getpid():
                rate_limit = RateLimit()
                self._opened = os.getpid(), _connection(self._settings, rate_limit), rate_limit
            return self._opened[1:]

    @property
    def _gitlab(self) -> gitlab.Gitlab:
        return self._open()[0]

    def with_retries(self, request: Callable[[], T]) -> T:
        """The answer of a request that is safe to repeat, asked for again while `RETRIES` allows it."""

        def attempt() -> T:
            try:
                with _our_errors():
                    return request()
            except NoAnswerError as error:
                if (left_s := self._open()[1].left_s()) > 0:
                    error.asked_wait_s = left_s
                raise

        return RETRIES.call(attempt)

    def get(self, path: str, /, **query: str) -> Any:
        """The JSON at an API path (`/projects/7`)."""
        return self.with_retries(lambda: self._json(self._send("get", path, query)))

    def pages(self, path: str, /, **query: str) -> Iterator[list[Any]]:
        """Every page of a listing, as GitLab's `Link` (or, where a proxy removes it, `X-Next-Page`) leads.

        Raises TransientError (SOURCE_INCOMPLETE) when a page leads back to an earlier one.
        """
        seen: list[Query] = []
        following: Query | None = dict(query)
        while following is not None:
            if following in seen:
                raise incomplete("GitLab's pages lead in a circle")
            seen.append(following)
            page, following = self.with_retries(lambda asked=following: self._page(path, asked))  # type: ignore[misc]
            yield page

    def head(self, path: str, /, **query: str) -> Mapping[str, str]:
        """The headers of an answer."""
        return self.with_retries(lambda: self._headers(path, query))

    def content(self, path: str, limit_bytes: int, /, **query: str) -> bytes:
        """A small body, at most `limit_bytes` of it, in one attempt."""
        with _our_errors():
            return b"".join(_blocks(self._send("get", path, query), limit_bytes, _ANSWER_S))

    def download(self, path: str, file: Path, expected_bytes: int, /, **query: str) -> None:
        """Write a body to `file`, in one attempt; of a body that is too long, one byte more than expected."""
        deadline_s = _ANSWER_S + expected_bytes / _SLOWEST_BYTES_PER_S
        with _our_errors(), file.open("wb") as stream:
            for block in _blocks(self._send("get", path, query), expected_bytes + 1, deadline_s):
                stream.write(block)

    def _page(self, path: str, query: Query) -> tuple[list[Any], Query | None]:
        response = self._send("get", path, query)
        page = self._json(response)
        if not isinstance(page, list):
            raise RefusedError.of("no list", FOREIGN)
        return page, _following(query, response)

    def _headers(self, path: str, query: Query) -> Mapping[str, str]:
        response = self._send("head", path, query)
        b"".join(_blocks(response, None, _ANSWER_S))
        headers: Mapping[str, str] = response.headers
        return headers

    def _send(self, verb: str, path: str, query: Query) -> requests.Response:
        return self._gitlab.http_request(
            verb,
            path,
            query_data=query,
            streamed=True,  # bodies are read below, within a time that is bounded as a whole
            obey_rate_limit=False,  # python-gitlab sleeps as long as it is told to, and fails on a date
            retry_transient_errors=False,
            extra_headers={"Accept-Encoding": "identity"} if path.endswith("/raw") else None,
        )

    @staticmethod
    def _json(response: requests.Response) -> Any:
        kind = response.headers.get("content-type", "")
        body = b"".join(_blocks(response, None, _ANSWER_S))
        if "json" not in kind:
            raise RefusedError.of("a web page", WEB_PAGE)
        try:
            return json.loads(body)
        except ValueError:
            raise NoAnswerError("GitLab's answer was cut off; run again", ErrorCode.SOURCE_UNREACHABLE) from None


def segment(text: str | int) -> str:
    """A path, branch or id as one segment of an API path."""
    return quote(str(text), safe="")


def incomplete(what: str) -> PipelineError:
    """The error of a listing that is not the whole."""
    return TransientError(
        f"{what}; nothing is changed on the strength of a partial listing; run again", ErrorCode.SOURCE_INCOMPLETE
    )


@contextlib.contextmanager
def _our_errors() -> Iterator[None]:
    try:
        yield
    except PipelineError:
        raise
    except Exception as error:
        known = translated(error)
        if known is None:
            raise
        raise known from None


def _connection(settings: GitlabSettings, rate_limit: RateLimit) -> gitlab.Gitlab:
    url = settings.url.rstrip("/")
    return gitlab.Gitlab(
        url,
        ssl_verify=str(settings.ca_file) if settings.ca_file else True,
        timeout=_SILENCE_S,
        user_agent=f"nic-etl/{__version__}",
        session=GitlabSession(url, rate_limit),
    )


def _check(settings: GitlabSettings) -> None:
    if not settings.url or not settings.project:
        raise ConfigurationError(f"{'GITLAB_PROJECT' if settings.url else 'GITLAB_URL'} is not set; see docs/gitlab.md")
    check_address(
        settings.url,
        secret("GITLAB_TOKEN"),
        url_name="GITLAB_URL",
        key_name="GITLAB_TOKEN",
        example="https://gitlab.example.org",
    )
    if "/api/" in f"{settings.url}/":
        raise ConfigurationError("GITLAB_URL must be the server's address alone, without /api/v4")
    if settings.ca_file and not settings.ca_file.is_file():
        raise ConfigurationError("GITLAB_CA_FILE names a file that does not exist")


def _blocks(response: requests.Response, limit_bytes: int | None, deadline_s: float) -> Iterator[bytes]:
    """The body as it arrives; a body that trickles in is given up, which a socket's time-out alone would not do."""
    until = time.monotonic() + deadline_s
    left = limit_bytes
    try:
        while left is None or left > 0:
            block = response.raw.read1(_BLOCK_BYTES if left is None else min(left, _BLOCK_BYTES), decode_content=True)
            if not block:
                return
            left = None if left is None else left - len(block)
            yield block
            if time.monotonic() > until:
                raise NoAnswerError("GitLab answers too slowly; run again", ErrorCode.SOURCE_UNREACHABLE)
    finally:
        response.close()  # of a body that was read to its end the connection is back in the pool already


def _following(query: Query, response: requests.Response) -> Query | None:
    link = response.links.get("next", {}).get("url")
    if link:  # only its parameters: behind a proxy its address may be another one
        return query | dict(parse_qsl(urlsplit(link).query, keep_blank_values=True))
    page = response.headers.get("x-next-page", "").strip()
    return query | {"page": page} if page else None
