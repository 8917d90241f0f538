"""Serves the search page on 127.0.0.1, to browsers on this machine alone.

There is no password: whoever may use this machine may ask. A page from elsewhere cannot, whatever name it gives this
address (the Host header is checked), and the page asks nobody else for anything (content security policy).
"""

from __future__ import annotations

import contextlib
import io
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from pydantic import BaseModel, Field, ValidationError

from pipeline.errors import ConfigurationError, PipelineError
from pipeline.languages import PageTexts, choose
from pipeline.publish.published import read_published
from pipeline.run.current import Run, keep_privately
from pipeline.schema import Document
from pipeline.search import Hit, search
from pipeline.search.page_image import has_places, page_with_boxes
from pipeline.settings.secrets import public_message
from pipeline.web.form import Form
from pipeline.web.page import Answer, picture_address, render, style

HOST = "127.0.0.1"
_NAMES = (HOST, "localhost")
_HITS = 10
_PICTURES = 3  # of a hit's pages
_IDLE_S = 30  # browsers open connections ahead and leave them be
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Vary": "Accept-Language",
}


class Picture(BaseModel):
    """What names the picture of a page."""

    document: str
    page: int = Field(ge=1)
    chunk: int = Field(ge=0)


class SearchServer(ThreadingHTTPServer):
    """`serve_forever` answers until `shutdown`. Port 0: a free one. Raises ConfigurationError for a port in use."""

    daemon_threads = True

    def __init__(self, run: Run, port: int) -> None:
        try:
            super().__init__((HOST, port), _Handler)
        except OSError as error:
            raise ConfigurationError(f"port {port} cannot be used: {error.strerror}") from None
        self.run = run
        self._one_at_a_time = threading.Lock()  # models, stemmers, PDFium and local Qdrant files are of one thread

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.server_port}/"

    @property
    def hosts(self) -> set[str]:
        """What a browser on this machine may call this server; port 80 goes without saying."""
        return {f"{name}:{self.server_port}" for name in _NAMES} | (set(_NAMES) if self.server_port == 80 else set())

    def answers(self, form: Form) -> list[Answer]:
        """Raises what `pipeline.search.search` raises."""
        if not form.q:
            return []
        with self._one_at_a_time:
            (hits,) = search([form.q], _HITS, self.run.settings, form.method, form.options)
            documents = self._documents()
            return [Answer(hit, self._pictures(hit, documents.get(hit.document_id))) for hit in hits]

    def picture(self, wanted: Picture) -> bytes:
        """A page as PNG. Raises LookupError or FileNotFoundError or PipelineError where there is none."""
        with self._one_at_a_time:
            image = page_with_boxes(self.run, self._documents()[wanted.document], wanted.page, wanted.chunk)
        out = io.BytesIO()
        image.save(out, "PNG")
        return out.getvalue()

    def _documents(self) -> dict[str, Document]:
        """By id, those that are published, as far as this machine knows: only their files are ever opened."""
        published = read_published(self.run)
        try:
            found = self.run.snapshot(published.commit).documents if published else ()
        except FileNotFoundError:
            return {}
        return {document.document_id: document for document in found}

    def _pictures(self, hit: Hit, document: Document | None) -> dict[int, str]:
        try:
            if document is None or not has_places(self.run, document):
                return {}
        except (FileNotFoundError, PipelineError):
            return {}
        return {page: picture_address(hit, page) for page in hit.page_numbers[:_PICTURES]}


class _Handler(BaseHTTPRequestHandler):
    server: SearchServer
    server_version = "nic-etl"
    sys_version = ""
    timeout = _IDLE_S

    def do_GET(self) -> None:
        if self.headers.get("Host") not in self.server.hosts:
            self._send(HTTPStatus.MISDIRECTED_REQUEST, b"", "text/plain")
            return
        words = choose(self.headers.get("Accept-Language", ""), self.server.run.settings.pipeline.report_language)
        where = urlsplit(self.path)
        match where.path:
            case "/":
                self._search(where.query, words)
            case "/style.css":
                self._send(HTTPStatus.OK, style(), "text/css; charset=utf-8")
            case "/page.png":
                self._picture(where.query)
            case "/favicon.ico":
                self._send(HTTPStatus.NO_CONTENT, b"", "image/x-icon")
            case _:
                self._page(HTTPStatus.NOT_FOUND, render(Form(), words, problem=words.gone))

    def _search(self, query: str, words: PageTexts) -> None:
        try:
            form = Form.read(query)
        except ValueError:  # of parse_qs, too
            self._page(HTTPStatus.BAD_REQUEST, render(Form(), words, problem=words.bad_form))
            return
        try:
            self._page(HTTPStatus.OK, render(form, words, self.server.answers(form)))
        except PipelineError as error:
            self._page(HTTPStatus.SERVICE_UNAVAILABLE, render(form, words, problem=public_message(error)))
        except Exception as error:
            keep_privately("serve", error)
            self._page(HTTPStatus.INTERNAL_SERVER_ERROR, render(form, words, problem=public_message(error)))

    def _picture(self, query: str) -> None:
        try:
            wanted = Picture.model_validate(dict(parse_qsl(query)))
            self._send(HTTPStatus.OK, self.server.picture(wanted), "image/png")
        except (ValidationError, LookupError, FileNotFoundError, PipelineError):
            self._send(HTTPStatus.NOT_FOUND, b"", "image/png")
        except Exception as error:  # a file that a library stumbles over
            keep_privately("serve", error)
            self._send(HTTPStatus.INTERNAL_SERVER_ERROR, b"", "image/png")

    def _page(self, status: HTTPStatus, content: bytes) -> None:
        self._send(status, content, "text/html; charset=utf-8")

    def _send(self, status: HTTPStatus, content: bytes, kind: str) -> None:
        self.send_response(status)
        for name, value in {**HEADERS, "Content-Type": kind, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        with contextlib.suppress(ConnectionError):  # the browser did not wait
            self.end_headers()
            self.wfile.write(content)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What the library refuses by itself gets the headers of all other answers, and no page of its own."""
        self.close_connection = True
        self.request_version = "HTTP/1.1"  # the library takes what it cannot read for 0.9, which has no headers
        self._send(HTTPStatus(code), b"", "text/plain")

    def log_message(self, *_: object) -> None:
        """Nothing: what people ask for stays with them."""
