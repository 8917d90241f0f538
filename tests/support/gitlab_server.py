"""A GitLab for tests: real sockets over a real git repository, answering as GitLab's REST API documentation says.

https://docs.gitlab.com/api/rest/ and there: projects, repositories, repository_files, commits, branches,
personal_access_tokens. Faults, token scopes, rate limits and old versions' habits on demand. It is read only.
"""

from __future__ import annotations

import base64
import json
import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, unquote, unquote_plus, urlencode, urlsplit

from tests.support.git_repository import GitRepository

TOKEN = "um-segredo-de-teste-4711"  # noqa: S105 - opens nothing
_REFUSED_NAME = re.compile(r"\A\.{1,2}\Z|\A\.\.[/\\]|[/\\]\.\.\Z|[/\\]\.\.[/\\]|\n")
_PROJECT_ID = 4711
ROTATION = ("429", "500", "502", "reset", "truncated")


@dataclass
class Token:
    """A token that the server knows."""

    scopes: tuple[str, ...] = ("read_api",)
    expires_at: str = "2099-01-01"


@dataclass
class Fault:
    """What goes wrong with `times` requests whose "METHOD /path?query" contains `on`, once `after` of them went well.

    `kind` is a status or one of those in `_break` and `_SENT_BADLY`.
    """

    kind: str
    on: str = ""
    times: int = 1
    headers: dict[str, str] = field(default_factory=dict)
    after: int = 0


@dataclass(frozen=True)
class Seen:
    """One request as it arrived."""

    what: str
    token: str | None
    fault: str | None = None
    basic: str | None = None
    port: int = 0  # the client's, so that connections can be told apart


class Answer(Exception):  # noqa: N818 - an answer, not an error of the server
    def __init__(self, status: int, body: Any, headers: dict[str, str] | None = None, kind: str = "json") -> None:
        super().__init__(status)
        self.status, self.body, self.headers, self.kind = status, body, headers or {}, kind


class GitlabServer:
    """`with GitlabServer(repository) as server: …`; every attribute may be changed while it runs."""

    def __init__(self, repository: GitRepository, certificate: tuple[Path, Path] | None = None) -> None:
        self.repository = repository
        self.tokens: dict[str, Token] = {TOKEN: Token()}
        self.path = "nic/governanca/documentos"
        self.former_paths = {"nic/antigo"}
        self.lfs: dict[str, bytes] = {}  # oid -> content; a pointer without its content was never pushed
        self.lfs_enabled = True
        self.object_store: str | None = None  # where LFS contents are redirected to, as with direct downloads
        self.keyset = True  # off: a version before keyset paging, which answers with numbered pages
        self.repeats = 0  # how often the first keyset page comes again, each time with another token
        self.links = True  # off: a proxy that removes Link
        self.empty_for_missing_folders = False  # before 17.7
        self.edit_pages: Callable[[list[Any], dict[str, str]], list[Any]] = lambda rows, query: rows
        self.rewrite_headers: Callable[[dict[str, str]], dict[str, str]] = lambda query: {}
        self.before_tree: Callable[[], object] = lambda: None
        self.every: int | None = None  # every n-th request fails, with the faults of ROTATION in turn
        self.faults: list[Fault] = []
        self.seen: list[Seen] = []
        self.lock = threading.Lock()
        server = self

        class Handler(_Handler):
            gitlab = server

        self._http = _Server(("127.0.0.1", 0), Handler)
        scheme = "http"
        if certificate:
            import ssl

            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
            scheme = "https"
        self.url = f"{scheme}://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> GitlabServer:
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._http.shutdown()
        self._http.server_close()

    def counts(self) -> Counter[str]:
        """How many requests of each kind arrived: project, branch, tree, commits, file (HEAD), raw, blob."""
        kinds = Counter[str]()
        for seen in self.seen:
            method, _, rest = seen.what.partition(" ")
            path = urlsplit(rest).path
            kind = next((name for name, pattern in _KINDS.items() if re.search(pattern, path)), "other")
            kinds["file" if method == "HEAD" else kind] += 1
        return kinds

    def arrived(self, what: str, token: str | None, basic: str | None, port: int) -> Fault | None:
        """Write a request down and say what goes wrong with it."""
        with self.lock:
            fault = next((fault for fault in self.faults if fault.on in what), None)
            if fault and fault.after:
                fault.after -= 1
                fault = None
            elif fault:
                fault.times -= 1
                if not fault.times:
                    self.faults.remove(fault)
            elif self.every and len(self.seen) % self.every == self.every - 1:
                fault = Fault(ROTATION[len(self.seen) // self.every % len(ROTATION)])
            self.seen.append(Seen(what, token, fault.kind if fault else None, basic, port))
            return fault


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Silence: clients that give an answer up are what tests are about."""


_KINDS = {
    "raw": r"/files/.+/raw$",
    "blob": r"/blobs/",
    "tree": r"/tree$",
    "commits": r"/commits$",
    "branch": r"/branches/",
    "project": r"/projects/[^/]+$",
}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    gitlab: GitlabServer

    def do_GET(self) -> None:
        token = self.headers.get("private-token")
        fault = self.gitlab.arrived(
            f"{self.command} {self.path}", token, self.headers.get("authorization"), self.client_address[1]
        )
        try:
            if fault and _break(self, fault):
                return
            self._route(token)
        except Answer as answer:
            self._send(answer, fault.kind if fault else "")

    do_HEAD = do_GET  # noqa: N815

    def _route(self, token: str | None) -> None:
        parts = urlsplit(self.path)
        query = {key: values[-1] for key, values in parse_qs(parts.query, keep_blank_values=True).items()}
        if parts.path.startswith("/lfs-store/"):
            raise Answer(200, self.gitlab.lfs[parts.path.removeprefix("/lfs-store/")], kind="bytes")
        for pattern, scopes, call in _ROUTES:
            match = re.fullmatch(f"/api/v4{pattern}", parts.path)
            if match:
                self._authorise(token, scopes)
                call(self, [unquote(group) for group in match.groups()], query)
        if not parts.path.startswith("/api/v4/"):
            raise Answer(404, "<html>The page could not be found</html>", kind="html")
        raise Answer(404, {"error": "404 Not Found"})

    def _authorise(self, token: str | None, scopes: tuple[str, ...]) -> None:
        known = self.gitlab.tokens.get(token or "")
        if token and known is None:
            raise Answer(401, {"message": "401 Unauthorized"})
        if known and known.expires_at < time.strftime("%Y-%m-%d"):
            raise Answer(401, {"error": "invalid_token", "error_description": "Token is expired."})
        if known and scopes and not set(known.scopes) & {"api", *scopes}:
            error = {"error": "insufficient_scope", "scope": " ".join(("api", *scopes))}
            raise Answer(403, error)

    def _send(self, answer: Answer, fault: str) -> None:
        body: bytes = json.dumps(answer.body).encode() if answer.kind == "json" else _bytes(answer.body)
        kind = {"json": "application/json", "bytes": "application/octet-stream"}.get(answer.kind, "text/html")
        self.send_response(answer.status)
        for name, value in {"content-type": kind, "ratelimit-remaining": "1999", **answer.headers}.items():
            self.send_header(name, value)
        wrong = {"too long": 10, "too short": -min(10, len(body))}.get(fault, 0)
        self.send_header("content-length", str(len(body) + wrong))
        self.end_headers()
        if self.command == "HEAD":
            return
        if fault == "truncated":
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
        elif fault == "damaged":
            self.wfile.write(body[:-1] + bytes([body[-1] ^ 1]))
        elif fault in ("too long", "too short"):
            self.wfile.write(body)
            self.close_connection = True
        elif fault == "slow":
            for byte in body:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(0.02)
        else:
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Silence: what tests look for in the log is the client's."""

    # -- what the API offers -------------------------------------------------------------------------------------

    def project(self, groups: list[str], query: dict[str, str]) -> None:
        gitlab = self.gitlab
        self.check_project(groups[0])
        row = {
            "id": _PROJECT_ID,
            "path_with_namespace": gitlab.path,
            "web_url": f"{gitlab.url}/{gitlab.path}",
            "default_branch": "main",
            "lfs_enabled": gitlab.lfs_enabled,
        }
        raise Answer(200, row)

    def check_project(self, name: str) -> None:
        gitlab = self.gitlab
        if not self.headers.get("private-token"):  # private projects are hidden from strangers
            raise Answer(404, {"message": "404 Project Not Found"})
        if name in gitlab.former_paths:
            moved = self.path.replace(urlsplit(self.path).path.split("/")[4], str(_PROJECT_ID), 1)
            raise Answer(301, {"message": "This resource has been moved permanently"}, {"location": gitlab.url + moved})
        if name not in (str(_PROJECT_ID), gitlab.path):
            raise Answer(404, {"message": "404 Project Not Found"})

    def branch(self, groups: list[str], query: dict[str, str]) -> None:
        self.check_project(groups[0])
        sha = self.gitlab.repository.resolve(f"refs/heads/{groups[1]}")
        if sha is None:
            raise Answer(404, {"message": "404 Branch Not Found"})
        raise Answer(200, {"name": groups[1], "commit": {"id": sha}})

    def tree(self, groups: list[str], query: dict[str, str]) -> None:
        gitlab = self.gitlab
        self.check_project(groups[0])
        gitlab.before_tree()
        commit = gitlab.repository.resolve(query.get("ref", "main"))
        if commit is None:
            raise Answer(404, {"message": "404 Tree Not Found"})
        rows = gitlab.repository.tree(commit, query.get("path", ""), recursive=query.get("recursive") == "true")
        if rows is None:
            if gitlab.empty_for_missing_folders:
                raise Answer(200, [])
            raise Answer(404, {"message": "404 invalid revision or path Not Found"})
        rows = gitlab.edit_pages(rows, query)
        per_page = min(int(query.get("per_page", "20")), 100)
        if gitlab.keyset and query.get("pagination") == "keyset":
            self._keyset(rows, per_page, query)
        self._offset(rows, per_page, query)

    def _keyset(self, rows: list[Any], per_page: int, query: dict[str, str]) -> None:
        start = int(base64.urlsafe_b64decode(query["page_token"])) if query.get("page_token") else 0
        if self.gitlab.repeats:
            self.gitlab.repeats -= 1
            raise Answer(200, rows[:per_page], self._link({**query, "page_token": _page_token(self.gitlab.repeats)}))
        rest = rows[start + per_page :]
        following = {**query, "page_token": _page_token(start + per_page)}
        raise Answer(200, rows[start : start + per_page], self._link(following if rest else None))

    def _offset(self, rows: list[Any], per_page: int, query: dict[str, str]) -> None:
        page = int(query.get("page", "1"))
        more = len(rows) > page * per_page
        headers = self._link({**query, "page": str(page + 1)} if more else None)
        headers |= {"x-page": str(page), "x-per-page": str(per_page), "x-next-page": str(page + 1) if more else ""}
        headers |= self.gitlab.rewrite_headers(query)
        raise Answer(200, rows[(page - 1) * per_page : page * per_page], headers)

    def _link(self, query: dict[str, str] | None) -> dict[str, str]:
        if query is None or not self.gitlab.links:
            return {}
        return {"link": f'<{self.gitlab.url}{urlsplit(self.path).path}?{urlencode(query)}>; rel="next"'}

    def commits(self, groups: list[str], query: dict[str, str]) -> None:
        self.check_project(groups[0])
        repository = self.gitlab.repository
        commit = repository.resolve(query.get("ref_name", "main"))
        rows = repository.history(commit, query.get("path", "")) if commit else []  # an unknown ref is no error here
        self._offset(rows, min(int(query.get("per_page", "20")), 100), query)

    def file(self, groups: list[str], query: dict[str, str]) -> tuple[str, bytes]:
        self.check_project(groups[0])
        path = groups[1]
        if unquote_plus(path) != unquote_plus(unquote_plus(path)) or _REFUSED_NAME.search(unquote_plus(path)):
            raise Answer(400, {"error": "file_path should be a valid file path"})
        sha = self.gitlab.repository.resolve(f"{query.get('ref', 'HEAD')}:{path}")
        if sha is None:
            raise Answer(404, {"message": "404 File Not Found"})
        return sha, self.gitlab.repository.blob(sha)

    def file_head(self, groups: list[str], query: dict[str, str]) -> None:
        sha, content = self.file(groups, query)
        raise Answer(200, "", {"x-gitlab-size": str(len(content)), "x-gitlab-blob-id": sha}, kind="html")

    def file_raw(self, groups: list[str], query: dict[str, str]) -> None:
        _, content = self.file(groups, query)
        pointer = (
            re.search(rb"^oid sha256:(\w+)$", content, re.M) if content.startswith(b"version https://git-lfs") else None
        )
        if pointer is None or query.get("lfs") != "true" or not self.gitlab.lfs_enabled:
            raise Answer(200, content, kind="bytes")
        oid = pointer[1].decode()
        if oid not in self.gitlab.lfs:
            raise Answer(404, {"message": "404 Not found"})
        if self.gitlab.object_store:
            raise Answer(302, "", {"location": f"{self.gitlab.object_store}/lfs-store/{oid}"})
        raise Answer(200, self.gitlab.lfs[oid], kind="bytes")

    def blob(self, groups: list[str], query: dict[str, str]) -> None:
        self.check_project(groups[0])
        if self.gitlab.repository.resolve(groups[1]) is None:
            raise Answer(404, {"message": "404 Blob Not Found"})
        content = self.gitlab.repository.blob(groups[1])
        if groups[2:]:
            raise Answer(200, content, kind="bytes")
        body = base64.b64encode(content).decode()
        raise Answer(200, {"size": len(content), "encoding": "base64", "content": body, "sha": groups[1]})

    def token_itself(self, groups: list[str], query: dict[str, str]) -> None:
        token = self.gitlab.tokens.get(self.headers.get("private-token") or "")
        if token is None:
            raise Answer(401, {"message": "401 Unauthorized"})
        raise Answer(200, {"scopes": list(token.scopes), "expires_at": token.expires_at, "active": True})

    def version(self, groups: list[str], query: dict[str, str]) -> None:
        raise Answer(200, {"version": "17.8.1", "revision": "abc"})


def _page_token(start: int) -> str:
    return base64.urlsafe_b64encode(str(start).encode()).decode()


def _bytes(body: bytes | str) -> bytes:
    return body if isinstance(body, bytes) else body.encode()


_P = "/projects/([^/]+)"
_READ = ("read_api",)
_FILES = ("read_api", "read_repository")
_ROUTES: list[tuple[str, tuple[str, ...], Callable[[_Handler, list[str], dict[str, str]], None]]] = [
    (_P, _READ, _Handler.project),
    (f"{_P}/repository/branches/([^/]+)", _READ, _Handler.branch),
    (f"{_P}/repository/tree", _READ, _Handler.tree),
    (f"{_P}/repository/commits", _READ, _Handler.commits),
    (f"{_P}/repository/files/([^/]+)/raw", _FILES, _Handler.file_raw),
    (f"{_P}/repository/files/([^/]+)", _FILES, _Handler.file_head),
    (f"{_P}/repository/blobs/([^/]+)", _FILES, _Handler.blob),
    (f"{_P}/repository/blobs/([^/]+)/(raw)", _FILES, _Handler.blob),
    ("/personal_access_tokens/self", (), _Handler.token_itself),
    ("/version", ("read_api", "read_user"), _Handler.version),
]
_SENT_BADLY = ("truncated", "damaged", "slow", "too long", "too short")
_PAGES = {"502": (502, "<html>502 Bad Gateway</html>"), "html": (200, "<html>Sign in · GitLab</html>")}
_PAGES |= {"maintenance": (503, "<html>GitLab is in maintenance mode</html>")}


def _break(handler: _Handler, fault: Fault) -> bool:
    """Answer wrongly. False when the right answer is only sent badly."""
    if fault.kind in _SENT_BADLY and handler.command != "HEAD":
        return False
    if fault.kind in ("reset", *_SENT_BADLY):
        handler.connection.close()
        handler.close_connection = True
        return True
    if fault.kind in _PAGES:
        status, page = _PAGES[fault.kind]
        raise Answer(status, page, fault.headers, kind="html")
    if fault.kind == "empty":
        raise Answer(200, [], fault.headers)
    if fault.kind == "redirect":
        raise Answer(302, "", fault.headers, kind="html")
    if fault.kind == "foreign":
        raise Answer(200, {"status": "ok"}, fault.headers)
    if fault.kind == "waf":
        raise Answer(403, "<html>Blocked by the firewall</html>", fault.headers, kind="html")
    if fault.kind == "429":
        raise Answer(429, {"message": "Too Many Requests"}, {"retry-after": "0", **fault.headers})
    if fault.kind == "429-date":
        raise Answer(429, {"message": "Too Many Requests"}, {"retry-after": formatdate(time.time() + 1, usegmt=True)})
    raise Answer(int(fault.kind), {"message": "injected"}, fault.headers)
