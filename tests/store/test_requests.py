"""What happens when the Qdrant server, the network or the key is at fault."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError, ErrorCode, PermanentError, PipelineError, TransientError
from pipeline.store import requests
from pipeline.store.collection import Store, open_store
from pipeline.store.connection import is_present
from pipeline.store.requests import RETRIES
from tests.support.pauses import retry_after
from tests.support.qdrant_server import Fault, QdrantServer
from tests.support.stored import DIMENSION, make_document, make_payloads, make_settings, make_terms, make_vectors

WRITE = "/points/batch"
PATH = "30-Aprovados/a.pdf"
KEY = "k3y-that-nobody-may-see"


@pytest.fixture
def server() -> Iterator[QdrantServer]:
    with QdrantServer() as running:
        yield running


@pytest.fixture
def store(server: QdrantServer, tmp_path: Path) -> Iterator[Store]:
    store = open_store(make_settings(tmp_path, server.url), "nic__a")
    store.ensure_collection(DIMENSION)
    yield store
    store.close()


@pytest.fixture
def waits_s(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was slept, without sleeping."""
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    return slept


def put(store: Store, chunks: int, text: str = "texto") -> None:
    store.replace_document(
        PATH, make_payloads(make_document(PATH), chunks, text=text), make_vectors(chunks), make_terms(chunks)
    )


def writes(server: QdrantServer) -> list[int]:
    """Points of each write that arrived."""
    bodies = [seen.body for seen in server.seen if seen.what.endswith(WRITE)]
    return [sum(len(each["upsert"]["points"]) for each in body["operations"] if "upsert" in each) for body in bodies]


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_passing_fault_is_outlived(
    server: QdrantServer, store: Store, waits_s: list[float], status: int, caplog: pytest.LogCaptureFixture
) -> None:
    server.faults.append(Fault(on=WRITE, status=status, times=2))
    put(store, 3)
    assert store.count() == 3
    assert len(waits_s) == 2
    assert all(0 <= wait_s <= 8 for wait_s in waits_s)
    assert f"HTTP {status}" in caplog.text


@pytest.mark.parametrize(("status", "asked", "waited_s"), [(429, "30", 30), (503, "30", 30), (429, "86400", 60)])
def test_retry_after_is_kept_up_to_a_minute(
    server: QdrantServer, store: Store, waits_s: list[float], *, status: int, asked: str, waited_s: float
) -> None:
    server.faults.append(Fault(on=WRITE, status=status, headers={"retry-after": asked}))
    put(store, 1)
    assert waits_s == [pytest.approx(waited_s, rel=0.1)]


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("asked", ["Wed, 21 Oct 2026 07:28:00 GMT", "-5", "soon"])
def test_a_retry_after_that_says_nothing_is_no_stumbling_block(
    server: QdrantServer, store: Store, waits_s: list[float], *, status: int, asked: str
) -> None:
    server.faults.append(Fault(on=WRITE, status=status, headers={"retry-after": asked}))
    put(store, 1)
    assert len(waits_s) == 1
    assert 0 <= waits_s[0] <= 8


@pytest.mark.parametrize(("status", "asked"), [(429, ""), (429, "0"), (503, "7")])
def test_a_wait_that_the_server_asks_for_uses_up_no_attempt(
    server: QdrantServer, store: Store, waits_s: list[float], *, status: int, asked: str
) -> None:
    busy = Fault(on=WRITE, status=status, headers={"retry-after": asked}, times=3 * RETRIES.attempts)
    server.faults.append(busy)
    put(store, 3)
    assert store.count() == 3
    assert len(waits_s) == 3 * RETRIES.attempts


@pytest.mark.slow
@pytest.mark.parametrize(("asked", "asks"), [("60", 6), ("0", 301)])
def test_a_server_that_asks_for_waits_for_ever_is_given_up(
    server: QdrantServer, store: Store, monkeypatch: pytest.MonkeyPatch, waits_s: list[float], *, asked: str, asks: int
) -> None:
    retry_after(monkeypatch, requests)
    server.faults.append(Fault(on=WRITE, status=429, headers={"retry-after": asked}, times=1000))
    with pytest.raises(TransientError) as caught:
        put(store, 1)
    assert caught.value.code is ErrorCode.STORE_UNREACHABLE
    assert asks - 1 <= len(writes(server)) <= asks


def test_a_write_whose_answer_is_lost_is_repeated_without_harm(
    server: QdrantServer, store: Store, waits_s: list[float]
) -> None:
    server.faults.append(Fault(on=WRITE, status=502, carried_out=True))
    put(store, 3)
    assert writes(server) == [3, 3]
    assert store.differences({PATH: ("v1", 3)}.items()) == []
    assert waits_s


def test_a_collection_whose_creation_was_not_answered_is_used(
    server: QdrantServer, store: Store, waits_s: list[float], tmp_path: Path
) -> None:
    server.faults.append(Fault(on="PUT /collections/nic__b", status=504, carried_out=True))
    other = open_store(make_settings(tmp_path, server.url), "nic__b")
    other.ensure_collection(DIMENSION)
    assert other.exists()
    assert waits_s


def test_a_lasting_fault_ends_in_a_transient_error(server: QdrantServer, store: Store, waits_s: list[float]) -> None:
    server.faults.append(Fault(on=WRITE, status=503, times=100))
    with pytest.raises(TransientError) as caught:
        put(store, 1)
    assert caught.value.code is ErrorCode.STORE_UNREACHABLE
    assert len(waits_s) == 4


def test_no_server_at_all_is_a_transient_error_that_names_the_setting(tmp_path: Path, waits_s: list[float]) -> None:
    settings = make_settings(tmp_path, "http://127.0.0.1:9")
    with pytest.raises(TransientError, match="QDRANT_URL") as caught:
        is_present(settings, "nic__a", 1)
    assert caught.value.code is ErrorCode.STORE_UNREACHABLE
    assert len(waits_s) == 4


@pytest.mark.parametrize(("status", "message"), [(413, "Too Large"), (400, "JSON payload is larger than allowed")])
def test_a_batch_that_is_too_large_is_split(
    server: QdrantServer, store: Store, waits_s: list[float], status: int, message: str
) -> None:
    put(store, 12)
    server.seen.clear()
    server.faults.append(Fault(on=WRITE, status=status, message=message))
    put(store, 10)
    assert writes(server) == [10, 5, 5]
    assert store.differences({PATH: ("v1", 10)}.items()) == []
    assert waits_s == []


def test_a_single_chunk_that_is_too_large_quarantines_its_document(server: QdrantServer, store: Store) -> None:
    server.limit_bytes = 1000
    with pytest.raises(PermanentError) as caught:
        put(store, 4)
    assert caught.value.code is ErrorCode.TOO_LARGE


def test_requests_stay_under_sixteen_megabytes(server: QdrantServer, store: Store) -> None:
    put(store, 9, text="x" * 2_000_000)
    assert writes(server) == [7, 2]


def test_a_refused_payload_quarantines_its_document_without_a_retry_or_its_text(
    server: QdrantServer, store: Store, waits_s: list[float]
) -> None:
    server.faults.append(
        Fault(on=WRITE, status=400, message='Wrong input: "segredo do documento" at /var/lib/qdrant/x')
    )
    with pytest.raises(PermanentError) as caught:
        put(store, 1)
    assert caught.value.code is ErrorCode.REJECTED
    shown = "".join(traceback.format_exception(caught.value))
    assert "Wrong input" in shown
    assert "segredo" not in shown
    assert "/var" not in shown
    assert waits_s == []


def test_a_write_that_is_only_acknowledged_does_not_count_as_done(
    server: QdrantServer, store: Store, waits_s: list[float]
) -> None:
    server.update_statuses = ["wait_timeout", "acknowledged", "completed"]
    put(store, 1)
    assert server.update_statuses == []
    assert len(waits_s) == 2


@pytest.mark.parametrize("key", [None, "wrong"])
def test_a_refused_key_names_its_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str | None) -> None:
    if key:
        monkeypatch.setenv("QDRANT_API_KEY", key)
    with QdrantServer(api_key=KEY) as server:
        store = open_store(make_settings(tmp_path, server.url), "nic__a")
        with pytest.raises(ConfigurationError, match="QDRANT_API_KEY"):
            store.ensure_collection(DIMENSION)
        store.close()


def test_the_key_reaches_the_server_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, waits_s: list[float]
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("QDRANT_API_KEY", f"{KEY}\n")
    shown: list[str] = []
    with QdrantServer(api_key=KEY) as server:
        store = open_store(make_settings(tmp_path, server.url), "nic__a")
        store.ensure_collection(DIMENSION)
        put(store, 1)
        remote = store._client._client
        shown += [repr(store), repr(vars(store)), repr(store._client.init_options), repr(vars(remote))]
        for status in (400, 403, 503):
            server.faults.append(Fault(on=WRITE, status=status, times=5 if status == 503 else 1, message=KEY[:3]))
            with pytest.raises(PipelineError) as caught:
                put(store, 1)
            shown += traceback.format_exception(caught.value)
        store.close()
        assert {seen.key for seen in server.seen} == {KEY}
    assert waits_s
    assert len(caplog.records) > 20
    assert KEY not in caplog.text + "".join(shown)


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("http://qdrant.example:6333", KEY),
        ("http://10.0.0.7:6333", KEY),
        ("qdrant.example:6333", None),
        ("https://qdrant.example:6333", "two\nlines"),
    ],
)
def test_an_address_that_would_betray_a_secret_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, key: str | None
) -> None:
    if key:
        monkeypatch.setenv("QDRANT_API_KEY", key)
    with pytest.raises(ConfigurationError) as caught:
        open_store(make_settings(tmp_path, url), "nic__a")
    assert not any(secret in str(caught.value) for secret in (KEY, "two"))
