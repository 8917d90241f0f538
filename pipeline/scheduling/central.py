"""luigid, behind a check of who asks: workers and browsers that call it by its name, and no page from elsewhere.

Luigi's server has neither: a page of any site can pause it, and read it under a name of its own (DNS rebinding).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import luigi.server
from luigi.scheduler import RPC_METHODS, Scheduler
from tornado.httputil import HTTPServerRequest
from tornado.ioloop import IOLoop
from tornado.routing import AnyMatches, Matcher, Rule, RuleRouter
from tornado.web import Application, OutputTransform, RequestHandler

from pipeline.errors import ConfigurationError
from pipeline.scheduling.connection import BATCH

log = logging.getLogger(__name__)
LOCAL_NAMES = ("127.0.0.1", "localhost", "[::1]")
HEADERS = {
    # the page has a script of its own in it, so that scripts in it are allowed; what it shows is escaped before
    "Content-Security-Policy": "default-src 'self'; script-src 'self' 'unsafe-inline'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_MISDIRECTED = 421
_luigis_app = luigi.server.app


def serve(address: str, port: int, names: Iterable[str], state: Path, announce: Callable[[], object]) -> None:
    """Answer until this process is asked to stop, and keep the state in a file.

    `names`: what other machines call this one. `announce` is called when it answers. Raises ConfigurationError for a
    port or address that cannot be used.
    """
    logging.getLogger("tornado.access").setLevel(logging.ERROR)  # each browser asks in vain for an icon of the site
    hosts = {f"{name}:{port}" for name in (*LOCAL_NAMES, address, *names)}
    scheduler = Scheduler(state_path=str(state))
    luigi.server.app = lambda scheduler: guarded(scheduler, hosts | ({*LOCAL_NAMES, *names} if port == 80 else set()))
    IOLoop.current().add_callback(announce)
    try:
        luigi.server.run(api_port=port, address=address, scheduler=scheduler)
    except OSError as error:
        why = f"port {port} cannot be used: {error.strerror} ({address})"
        raise ConfigurationError(f"{why}; choose another --port or --address") from None
    finally:
        luigi.server.app = _luigis_app


def guarded(scheduler: Scheduler, hosts: set[str]) -> RuleRouter:
    """Luigi's own application for requests to these hosts, each with its port; all others are turned away."""
    application: Application = _luigis_app(scheduler)
    application.transforms.append(_WithHeaders)
    application.add_handlers(".*", [(BATCH, _Batch, {"scheduler": scheduler})])
    refusing = Application([(".*", _Refusal)], transforms=[_WithHeaders])
    return RuleRouter([Rule(_FromHere(hosts), application), Rule(AnyMatches(), refusing)])


class _FromHere(Matcher):
    """Whether a request is of a worker, or of a browser on a page of this server."""

    def __init__(self, hosts: set[str]) -> None:
        self._hosts = hosts

    def match(self, request: HTTPServerRequest) -> dict[str, Any] | None:
        is_allowed = request.host in self._hosts and self._is_own_origin(request) and self._is_own_site(request)
        return {} if is_allowed else None

    def _is_own_origin(self, request: HTTPServerRequest) -> bool:
        origin = request.headers.get("Origin")
        return origin is None or urlsplit(origin).netloc in self._hosts

    def _is_own_site(self, request: HTTPServerRequest) -> bool:
        """Browsers say so of every request; what is only shown may be linked to from anywhere."""
        if request.headers.get("Sec-Fetch-Site", "none") in ("none", "same-origin"):
            return True
        is_link = request.headers.get("Sec-Fetch-Mode") == "navigate" and request.method == "GET"
        return is_link and (request.path == "/" or request.path.startswith("/static/"))


class _Batch(RequestHandler):
    """Many calls of a worker in one request."""

    def initialize(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler

    def post(self) -> None:
        """Carries out [[method, arguments], …] in order, up to the first that fails, and answers how many that were."""
        calls, done = json.loads(self.request.body), 0
        try:
            for method, arguments in calls:
                if method not in RPC_METHODS:
                    raise LookupError(method)
                getattr(self._scheduler, method)(**arguments)
                done += 1
        except Exception:
            log.exception("call %d of a batch failed", done)
        self.write({"response": done})


class _Refusal(RequestHandler):
    def prepare(self) -> None:
        self.set_status(_MISDIRECTED)
        self.finish("this scheduler is not for requests from there\n")


class _WithHeaders(OutputTransform):
    def transform_first_chunk(
        self, status_code: int, headers: Any, chunk: bytes, finishing: bool
    ) -> tuple[int, Any, bytes]:
        for name, value in HEADERS.items():
            headers[name] = value
        return status_code, headers, chunk
