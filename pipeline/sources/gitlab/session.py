"""The HTTP session under python-gitlab: the token goes to GitLab's own address and nowhere else."""

from __future__ import annotations

from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from pipeline.settings.secrets import is_loopback, secret
from pipeline.sources.gitlab.errors import LostContentError, RefusedError
from pipeline.sources.gitlab.rate_limit import RateLimit

CONCURRENT_REQUESTS = 8
_MOST_REDIRECTS = 5
_GONE = {404, 410}


class GitlabSession(requests.Session):
    """Keeps to the shared rate limit, follows redirects itself, keeps no cookies and no secret."""

    def __init__(self, url: str, rate_limit: RateLimit) -> None:
        super().__init__()
        self.rate_limit = rate_limit
        self.home = _origin(url)
        self.auth = _TokenAuth(self.home)
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("https://", "http://"):
            self.mount(scheme, HTTPAdapter(pool_connections=4, pool_maxsize=2 * CONCURRENT_REQUESTS))

    def request(self, method: str, url: str, **options: Any) -> requests.Response:  # type: ignore[override]
        """One answer, after redirects. Raises RefusedError for a redirect that may not be followed."""
        for _ in range(_MOST_REDIRECTS):
            self.rate_limit.wait()
            response = super().request(method, url, **{**options, "allow_redirects": False})
            self.rate_limit.observe(response.status_code, response.headers)
            if not response.is_redirect:
                return self._checked(response)
            response.close()
            target = urljoin(url, response.headers["location"])
            self._check_redirect(url, target)
            url, options["params"] = target, None
        raise RefusedError.of(
            "redirects", "GITLAB_URL redirects in a circle: check the address and the proxy before GitLab"
        )

    def _check_redirect(self, url: str, target: str) -> None:
        """Contents may lie in an object store, which needs no token; every other answer must come from GitLab."""
        if _origin(target) == self.home:
            return
        parts = urlsplit(target)
        if urlsplit(url).path.endswith("/raw") and (parts.scheme == "https" or is_loopback(parts.hostname or "")):
            return
        raise RefusedError.of(
            "a redirect",
            f"GITLAB_URL redirects to {parts.scheme}://{parts.netloc.rpartition('@')[2]}, where the token was not "
            "sent; set GITLAB_URL to the address that GitLab itself uses",
        )

    def _checked(self, response: requests.Response) -> requests.Response:
        """An object store's refusal must not be read as GitLab's: it says nothing about token or project."""
        if not response.ok and _origin(response.url) != self.home:
            response.close()
            if response.status_code in _GONE:
                answer = f"HTTP {response.status_code} of the object store"
                raise LostContentError.of(answer, "GitLab's object store does not have the content")
            raise requests.ConnectionError(f"the object store answered HTTP {response.status_code}")
        return response


class _TokenAuth(AuthBase):
    """Reads the token when it is needed, so that no object holds it; it also keeps ~/.netrc out."""

    def __init__(self, home: tuple[str, str, int]) -> None:
        self.home = home

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        token = secret("GITLAB_TOKEN")
        if token and _origin(request.url or "") == self.home:
            request.headers["PRIVATE-TOKEN"] = token
        return request


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or (443 if parts.scheme == "https" else 80)
