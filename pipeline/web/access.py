"""Who asks, or why they may not: the host is judged first, then the page's origin, then the token."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import socket
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from pipeline.datadir.paths import DataDir
from pipeline.settings.secrets import is_loopback
from pipeline.settings.sections import Settings
from pipeline.web import tokens
from pipeline.web.problems import Refusal

OPEN = frozenset({"/api/v1/health/live", "/api/v1/health/ready"})
"""Paths that tell nothing, so that a watchdog needs no token."""
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


@dataclass(frozen=True)
class Caller:
    """Who asks: `limited_as` names whom the request is counted for, None where it is not counted."""

    limited_as: str | None


class Access:
    """Judges requests by their head alone."""

    def __init__(self, settings: Settings) -> None:
        self._web = settings.web
        self._data = DataDir.at(settings.pipeline.data_dir)

    def judge(self, scope: Scope) -> Caller | Refusal:
        """Who may ask, or why not. The host comes first: an answer to a foreign name would tell a page that this is
        here."""
        headers = Headers(scope=scope)
        if not self._is_ours(headers.get("host", "")):
            return Refusal.WRONG_HOST
        if not self._is_allowed_origin(headers):
            return Refusal.WRONG_ORIGIN
        return self._who(scope, headers)

    def _who(self, scope: Scope, headers: Headers) -> Caller | Refusal:
        if scope["method"] == "OPTIONS" and headers.get("origin") in self._web.origins:
            return Caller(None)  # a browser asks whether it may ask, and never sends a token with that
        given = _token(headers)
        if given is not None:
            token = tokens.find(self._data, given)
            return Caller(token.name) if token else Refusal.UNAUTHORISED
        is_open = scope["path"] in OPEN or (self._web.tokens == "elsewhere" and is_local(scope, headers))
        return Caller(None) if is_open else Refusal.UNAUTHORISED

    def _is_ours(self, host: str) -> bool:
        """A page that gives this machine's address a name of its own can ask nothing. Addresses are no names."""
        name = _host_name(host)
        if name is None:
            return False
        return is_loopback(name) or _is_address(name) or name in self._names

    @cached_property
    def _names(self) -> set[str]:
        own = {socket.gethostname(), socket.getfqdn(), *self._web.names, self._web.host}
        return {name.casefold() for name in own if name}

    def _is_allowed_origin(self, headers: Headers) -> bool:
        origin = headers.get("origin")
        if origin is None or origin in self._web.origins:
            return True
        return origin != "null" and urlsplit(origin).netloc == headers.get("host")


def is_local(scope: Scope, headers: Headers) -> bool:
    """Whether a program on this machine asks, and no proxy for somebody else."""
    client = scope.get("client")
    name = _host_name(headers.get("host", ""))
    is_forwarded = any(header in headers for header in _FORWARDED)
    return bool(client and is_loopback(client[0]) and name and is_loopback(name) and not is_forwarded)


def _token(headers: Headers) -> str | None:
    """Of a program (Bearer), or of a browser that asked a person for a password (Basic); None: nothing was given."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    match scheme.casefold():
        case "":
            return None
        case "bearer":
            return value.strip()
        case "basic":
            try:
                return base64.b64decode(value, validate=True).decode().partition(":")[2]
            except (binascii.Error, UnicodeDecodeError):
                return ""
    return ""


def _host_name(host: str) -> str | None:
    """Of a Host header, without the port; None for what is none."""
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port
    except ValueError:
        return None
    is_plain = not (parts.username or parts.path or parts.query or parts.fragment)
    return parts.hostname if is_plain else None


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
