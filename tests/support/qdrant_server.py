"""A Qdrant server for tests: real sockets and faults on demand, answers computed by qdrant-client's local mode or by
Qdrant's own engine (`tests.support.qdrant_engine`).

Every request and answer is checked against Qdrant's own OpenAPI description, every filter for the indexes it needs: a
test that uses the server fails at its end when one was wrong. It is no Qdrant: no write-ahead log, no optimisers.
"""

from __future__ import annotations

import json
import re
import ssl
import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import TypeAdapter
from qdrant_client import QdrantClient
from qdrant_client.http import models as rest

from tests.support.openapi import answer_problems, request_problems

_LIMIT_BYTES = 32 * 1024 * 1024


@dataclass
class Fault:
    """What goes wrong with the next `times` requests whose "METHOD /path" contains `on`.

    Kinds: status (an answer with `status`), cut (the connection ends before the answer), slow (the answer comes after
    3 s), html, empty, null (HTTP 200, but no answer of Qdrant's), partial (half of the points are written, then 500),
    restart (the server is away for half a second).
    """

    on: str
    status: int = 500
    times: int = 1
    headers: dict[str, str] = field(default_factory=dict)
    message: str = "injected"
    carried_out: bool = False  # the request has its effect, only the answer is lost
    kind: str = "status"


@dataclass(frozen=True)
class Seen:
    """One request as it arrived."""

    what: str
    query: dict[str, list[str]]
    key: str | None
    body: Any


class Refused(Exception):  # noqa: N818 - an answer, not an error of the server
    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None, kind: str = "status") -> None:
        super().__init__(message)
        self.status, self.headers, self.kind = status, headers or {}, kind


class QdrantServer:
    """`with QdrantServer() as server: QdrantClient(url=server.url)`."""

    def __init__(
        self,
        api_key: str | None = None,
        certificate: tuple[Path, Path] | None = None,
        database: QdrantClient | None = None,
    ) -> None:
        self.database = database or QdrantClient(":memory:")
        self.api_key = api_key
        self.limit_bytes = _LIMIT_BYTES
        self.statuses: list[str] = []  # what the collection reports next; afterwards green
        self.update_statuses: list[str] = []  # what a write reports next; afterwards completed
        self.faults: list[Fault] = []
        self.seen: list[Seen] = []
        self.violations: list[str] = []  # of Qdrant's API description
        self.configs: dict[str, dict[str, Any]] = {}  # what local mode does not keep of a collection's configuration
        self.indexes: dict[str, dict[str, rest.PayloadSchemaType]] = {}
        self.lock = threading.RLock()
        self.is_down = False
        server = self

        class Handler(_Handler):
            qdrant = server

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> QdrantServer:
        self._serve()
        return self

    def _serve(self) -> None:
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        """Go away, for open connections too; what is stored stays."""
        self.is_down = True
        self._http.shutdown()
        self._http.server_close()

    def start(self) -> None:
        """Come back under the same address."""
        self.is_down = False
        self._http = ThreadingHTTPServer(self._http.server_address[:2], self._http.RequestHandlerClass)
        self._serve()

    def restart(self) -> None:
        self.stop()
        threading.Timer(0.5, self.start).start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
        self.database.close()
        if error is None:
            assert not self.violations, "\n".join(self.violations)

    def fault(self, where: str) -> Fault | None:
        with self.lock:
            found = next((fault for fault in self.faults if fault.on in where), None)
            if found:
                found.times -= 1
                if not found.times:
                    self.faults.remove(found)
            return found

    def need(self, collection: str) -> None:
        if not self.database.collection_exists(collection):
            raise Refused(404, f"Not found: Collection `{collection}` doesn't exist!")

    def create(self, collection: str, body: rest.CreateCollection) -> bool:
        if self.database.collection_exists(collection):
            raise Refused(409, f"Wrong input: Collection `{collection}` already exists!")
        self.configs[collection] = _config(body)
        return self.database.create_collection(
            collection,
            vectors_config=body.vectors,
            sparse_vectors_config=body.sparse_vectors,
            hnsw_config=body.hnsw_config,
            quantization_config=body.quantization_config,
            metadata=body.metadata,
        )

    def update(self, collection: str, body: rest.UpdateCollection) -> bool:
        self.need(collection)
        before = self.configs.setdefault(collection, {})
        self.configs[collection] = _merged(before, _config(body))
        if body.quantization_config is not None:
            disabled = body.quantization_config is rest.Disabled.DISABLED
            self.configs[collection]["quantization_config"] = None if disabled else body.quantization_config
        return True

    def info(self, collection: str) -> rest.CollectionInfo:
        self.need(collection)
        found = self.database.get_collection(collection)
        config = _merged(found.config.model_dump(), self.configs.get(collection, {}))
        found.config = rest.CollectionConfig.model_validate(config)
        indexes = self.indexes.get(collection, {})
        found.payload_schema = {name: rest.PayloadIndexInfo(data_type=kind, points=0) for name, kind in indexes.items()}
        if self.statuses:
            found.status = rest.CollectionStatus(self.statuses.pop(0))
        return found

    def need_indexes(self, collection: str, body: Any) -> None:
        """As a server in strict mode does; without an index every filter reads every payload."""
        aliases = {each.alias_name: each.collection_name for each in self.database.get_aliases().aliases}
        indexes = self.indexes.get(aliases.get(collection, collection), {})
        missing = sorted({key for key in _filter_keys(body) if key not in indexes})
        if missing:
            self.violations.append(f"filters on {missing}, which have no index in {collection}")

    def index(self, collection: str, body: rest.CreateFieldIndex) -> rest.UpdateResult:
        self.need(collection)
        assert isinstance(body.field_schema, rest.PayloadSchemaType)
        self.indexes.setdefault(collection, {})[body.field_name] = body.field_schema
        with warnings.catch_warnings():  # local mode remarks that it has none
            warnings.simplefilter("ignore")
            self.database.create_payload_index(collection, body.field_name, field_schema=body.field_schema)
        return rest.UpdateResult(status=rest.UpdateStatus.COMPLETED)

    def batch(self, collection: str, body: rest.UpdateOperations) -> Any:
        self.need(collection)
        results = self.database.batch_update_points(collection, body.operations)
        status = self.update_statuses.pop(0) if self.update_statuses else "completed"
        return [{"operation_id": result.operation_id, "status": status} for result in results]

    def count(self, collection: str, body: rest.CountRequest) -> Any:
        self.need(collection)
        return self.database.count(collection, count_filter=body.filter)

    def scroll(self, collection: str, body: rest.ScrollRequest) -> rest.ScrollResult:
        self.need(collection)
        points, offset = self.database.scroll(
            collection,
            scroll_filter=body.filter,
            limit=body.limit or 10,
            offset=body.offset,
            with_payload=body.with_payload or False,
            with_vectors=body.with_vector or False,
        )
        return rest.ScrollResult(points=points, next_page_offset=offset)

    def query(self, collection: str, body: rest.QueryRequestBatch) -> Any:
        self.need(collection)
        return self.database.query_batch_points(collection, body.searches)

    def retrieve(self, collection: str, body: rest.PointRequest) -> Any:
        self.need(collection)
        return self.database.retrieve(collection, body.ids, with_payload=body.with_payload or False)

    def facet(self, collection: str, body: rest.FacetRequest) -> Any:
        self.need(collection)
        if body.key not in self.indexes.get(collection, {}):
            raise Refused(400, "Bad request: a facet needs an index")
        return self.database.facet(collection, body.key, facet_filter=body.filter, limit=body.limit or 10)


def _config(body: rest.CreateCollection | rest.UpdateCollection) -> dict[str, Any]:
    """What a request says of a collection's configuration, in the shape in which the server shows it."""
    given = body.model_dump(exclude_none=True)
    of_params = {key: given[key] for key in ("vectors", "sparse_vectors", "on_disk_payload") if key in given}
    params: dict[str, Any] = given.get("params", {}) | of_params
    kept: dict[str, Any] = {key: given[key] for key in ("hnsw_config", "quantization_config") if key in given}
    return {"params": params, "optimizer_config": given.get("optimizers_config", {}), **kept}


def _merged(before: Any, after: Any) -> Any:
    if not isinstance(before, dict) or not isinstance(after, dict):
        return after
    return before | {key: _merged(before.get(key), value) for key, value in after.items()}


def _filter_keys(body: Any, inside: bool = False) -> Iterator[str]:
    """The payload fields that a request filters on."""
    if isinstance(body, list):
        yield from chain.from_iterable(_filter_keys(each, inside) for each in body)
    elif isinstance(body, dict):
        if inside and isinstance(body.get("key"), str):
            yield body["key"]
        for name, value in body.items():
            if name not in ("payload", "vector"):
                yield from _filter_keys(value, inside or name == "filter")


Call = Callable[[QdrantServer, str, Any], Any]
_COLLECTION = "/collections/{collection_name}"
_ROUTES: dict[tuple[str, str], tuple[Any, Call]] = {
    ("GET", "/aliases"): (None, lambda server, _, __: server.database.get_aliases()),
    ("POST", "/collections/aliases"): (
        rest.ChangeAliasesOperation,
        lambda server, _, body: server.database.update_collection_aliases(body.actions),
    ),
    ("GET", "/collections"): (None, lambda server, _, __: server.database.get_collections()),
    ("DELETE", _COLLECTION): (None, lambda server, name, _: server.database.delete_collection(name)),
    ("GET", f"{_COLLECTION}/exists"): (
        None,
        lambda server, name, _: {"exists": server.database.collection_exists(name)},
    ),
    ("GET", _COLLECTION): (None, lambda server, name, _: server.info(name)),
    ("PUT", _COLLECTION): (rest.CreateCollection, QdrantServer.create),
    ("PATCH", _COLLECTION): (rest.UpdateCollection, QdrantServer.update),
    ("PUT", f"{_COLLECTION}/index"): (rest.CreateFieldIndex, QdrantServer.index),
    ("POST", f"{_COLLECTION}/points/batch"): (rest.UpdateOperations, QdrantServer.batch),
    ("POST", f"{_COLLECTION}/points/count"): (rest.CountRequest, QdrantServer.count),
    ("POST", f"{_COLLECTION}/points/scroll"): (rest.ScrollRequest, QdrantServer.scroll),
    ("POST", f"{_COLLECTION}/points/query/batch"): (rest.QueryRequestBatch, QdrantServer.query),
    ("POST", f"{_COLLECTION}/points"): (rest.PointRequest, QdrantServer.retrieve),
    ("POST", f"{_COLLECTION}/facet"): (rest.FacetRequest, QdrantServer.facet),
}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    qdrant: QdrantServer

    def _answer(self) -> None:
        content = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.qdrant.is_down:
            self.close_connection = True
            return
        try:
            result = self._result(content)
            self._send(200, {"result": result, "status": "ok", "time": 0.0})
        except Refused as refused:
            if refused.kind != "status":
                self._misbehave(refused.kind)
                return
            self._send(refused.status, {"status": {"error": str(refused)}, "time": 0.0}, refused.headers)
        except ValueError as error:
            self._send(400, {"status": {"error": str(error)}, "time": 0.0})

    do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = _answer  # noqa: N815 - names that http.server looks up

    def _result(self, content: bytes) -> Any:
        parts = urlsplit(self.path)
        what = f"{self.command} {parts.path}"
        key = self.headers.get("api-key") or (self.headers.get("authorization") or "").removeprefix("Bearer ") or None
        body = json.loads(content) if content and len(content) <= self.qdrant.limit_bytes else None
        self.qdrant.seen.append(Seen(what, parse_qs(parts.query), key, body))
        if self.qdrant.api_key and key != self.qdrant.api_key:
            raise Refused(401 if key is None else 403, "Invalid API key or JWT")
        if len(content) > self.qdrant.limit_bytes:
            raise Refused(413, "Request Entity Too Large")
        self._check(request_problems(self.command, parts.path, parse_qs(parts.query), body))
        fault = self.qdrant.fault(what)
        if body and fault and fault.kind == "partial":
            points = body["operations"][0]["upsert"]["points"]
            self._call(parts.path, {"operations": [{"upsert": {"points": points[: len(points) // 2 or 1]}}]})
            raise Refused(fault.status, fault.message)
        if fault and not fault.carried_out:
            raise Refused(fault.status, fault.message, fault.headers, fault.kind)
        result = self._call(parts.path, body)
        if fault:
            raise Refused(fault.status, fault.message, fault.headers, fault.kind)
        result = TypeAdapter(Any).dump_python(result, mode="json", exclude_none=True)
        self._check(answer_problems(self.command, parts.path, {"result": result, "status": "ok", "time": 0.0}))
        return result

    def _check(self, problems: Iterator[str]) -> None:
        found = list(problems)
        self.qdrant.violations += found
        if found:
            raise Refused(400, f"Format error: {found[0]}")

    def _call(self, path: str, body: Any) -> Any:
        for (method, template), (model, call) in _ROUTES.items():
            match = re.fullmatch(template.replace("{collection_name}", "([^/]+)"), path)
            if match and method == self.command:
                given = body
                if model is not None:
                    body = TypeAdapter(model).validate_python(body)
                name = unquote("".join(match.groups()))
                with self.qdrant.lock:
                    self.qdrant.need_indexes(name, given)
                    return call(self.qdrant, name, body)
        raise Refused(404, f"no route {self.command} {path}")

    def _misbehave(self, kind: str) -> None:
        answers = {"html": b"<html>maintenance</html>", "empty": b"{}", "null": b'{"result": null, "status": "ok"}'}
        if kind in answers:
            self._send_bytes(200, answers[kind], {"content-type": "text/html"})
            return
        if kind == "slow":
            threading.Event().wait(3)
        if kind == "restart":
            self.qdrant.restart()
        self.close_connection = True

    def _send(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        self._send_bytes(status, json.dumps(body).encode(), {**(headers or {}), "content-type": "application/json"})

    def _send_bytes(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Silence: what tests look for in the log is the client's."""
