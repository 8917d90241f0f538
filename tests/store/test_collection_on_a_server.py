"""What only a server shows: readers at the same time, payload indexes, the bulk load, requests one by one."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from qdrant_client import QdrantClient, models

from pipeline.errors import TransientError
from pipeline.store import points
from pipeline.store.collection import Store, open_store
from tests.support.qdrant_server import Fault, QdrantServer
from tests.support.stored import DIMENSION, make_document, make_payloads, make_settings, make_terms, make_vectors

A = "30-Aprovados/a.pdf"


@pytest.fixture
def server() -> Iterator[QdrantServer]:
    with QdrantServer() as running:
        yield running


def put(store: Store, path: str, chunks: int, version: str = "v1") -> None:
    document = make_document(path)
    store.replace_document(
        document.document_id, make_payloads(document, chunks, version), make_vectors(chunks), make_terms(chunks)
    )


@pytest.mark.parametrize("requests", ["one", "several"])
def test_a_reader_never_misses_a_document_that_is_being_replaced(
    server: QdrantServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, requests: str
) -> None:
    if requests == "several":  # as for a very long document, of which a reader may see old and new points
        monkeypatch.setattr(points, "_REQUEST_BYTES", 3000)
    store = open_store(make_settings(tmp_path, server.url, batch_points=2), "nic__a")
    store.ensure_collection(DIMENSION)
    put(store, A, 6)
    seen: list[set[tuple[int, str]]] = []
    done = threading.Event()

    def read() -> None:
        reader = QdrantClient(url=server.url, check_compatibility=False)
        while not done.is_set():
            found, _ = reader.scroll("nic__a", limit=100, with_payload=["chunk_index", "content_version"])
            payloads = [point.payload or {} for point in found]
            seen.append({(payload["chunk_index"], payload["content_version"]) for payload in payloads})
        reader.close()

    thread = threading.Thread(target=read)
    thread.start()
    for turn in itertools.count():
        put(store, A, 3 + 3 * (turn % 2), f"v{turn}")
        time.sleep(0.01)
        if turn > 5 and (len(seen) > 5 or not thread.is_alive()):
            break
    done.set()
    thread.join()
    store.close()
    writes = [len(seen.body["operations"]) for seen in server.seen if seen.what.endswith("/points/batch")]
    assert len(seen) > 5
    assert all({0, 1, 2} <= {slot for slot, _ in found} for found in seen)
    if requests == "one":
        assert set(writes) == {3, 4}, "upserts of two points each, and the deletion"
        assert all(len({version for _, version in found}) == 1 and len(found) in (3, 6) for found in seen)
    else:
        assert len(writes) > 7


def test_every_filter_field_is_indexed_once(server: QdrantServer, tmp_path: Path) -> None:
    store = open_store(make_settings(tmp_path, server.url), "nic__a")
    store.ensure_collection(DIMENSION)
    store.ensure_collection(DIMENSION)
    store.close()
    asked = [seen.body["field_name"] for seen in server.seen if seen.what.endswith("/index")]
    assert len(asked) == len(set(asked)) == 21
    assert server.indexes["nic__a"]["created_date"] is models.PayloadSchemaType.DATETIME


def test_a_bulk_load_builds_its_index_at_the_end_and_waits_for_it(
    server: QdrantServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    store = open_store(make_settings(tmp_path, server.url), "nic__a")
    store.ensure_collection(DIMENSION)
    server.statuses = ["green", "yellow", "yellow", "grey"]  # the first answers the request for the index
    store.optimise()
    assert server.statuses == []
    server.statuses = ["green", "red"]
    with pytest.raises(TransientError, match="red"):
        store.optimise()
    store.close()
    thresholds = [seen.body["optimizers_config"] for seen in server.seen if "optimizers_config" in (seen.body or {})]
    assert [threshold["indexing_threshold"] for threshold in thresholds] == [0, 10_000, 10_000]


@pytest.mark.slow
def test_the_alias_moves_in_one_request(server: QdrantServer, tmp_path: Path) -> None:
    settings = make_settings(tmp_path, server.url)
    for collection in ("nic__a", "nic__b"):
        store = open_store(settings, collection)
        store.ensure_collection(DIMENSION)
        server.faults.append(
            Fault(on="/collections/aliases", status=503, carried_out=True, headers={"retry-after": "0"})
        )
        store.publish()
    store.close()
    moves = [seen.body["actions"] for seen in server.seen if seen.what == "POST /collections/aliases"]
    assert [[next(iter(change)) for change in move] for move in moves] == [
        *[["create_alias"]] * 2,
        *[["delete_alias", "create_alias"]] * 2,
    ]
