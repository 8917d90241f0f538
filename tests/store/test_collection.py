"""What the collection promises: in local mode, over HTTP, on Qdrant's own engine, and on a real server when
QDRANT_TEST_URL names one.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from qdrant_client import models

from pipeline.errors import ConfigurationError, ErrorCode, PermanentError
from pipeline.schema import Method, point_id
from pipeline.store import contents as store_module
from pipeline.store.collection import Store, open_store
from pipeline.store.connection import is_present
from pipeline.store.points import VECTOR
from pipeline.store.tally import Tally
from tests.support.qdrant_engine import Engine
from tests.support.qdrant_server import QdrantServer
from tests.support.stored import (
    DIMENSION,
    make_document,
    make_payloads,
    make_settings,
    make_terms,
    make_vectors,
    stored_in,
)

REAL_SERVER = os.environ.get("QDRANT_TEST_URL", "")


@pytest.fixture(
    params=[
        "local",
        "http",
        "engine",
        pytest.param("real", marks=pytest.mark.skipif(not REAL_SERVER, reason="QDRANT_TEST_URL is not set")),
    ]
)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param in ("http", "engine"):
        with QdrantServer(database=Engine() if request.param == "engine" else None) as server:
            yield from opened(tmp_path, server.url)
    else:
        yield from opened(tmp_path, REAL_SERVER if request.param == "real" else "")


def opened(data_dir: Path, url: str) -> Iterator[Store]:
    """A store of a new collection, removed from a real server afterwards."""
    alias = f"test-{uuid.uuid4().hex[:8]}"
    store = open_store(make_settings(data_dir, url, collection_name=alias), f"{alias}__a")
    store.ensure_collection(DIMENSION)
    yield store
    if url and url == REAL_SERVER:
        for made in (f"{alias}__a", f"{alias}__b", alias):
            store._client.delete_collection(made)
    store.close()


def put(store: Store, path: str, chunks: int, version: str = "v1") -> None:
    document = make_document(path)
    store.replace_document(
        document.document_id, make_payloads(document, chunks, version), make_vectors(chunks), make_terms(chunks)
    )


def meddle(store: Store, *operations: models.UpdateOperation) -> None:
    """Somebody else writes to the collection."""
    store._client.batch_update_points(store.collection, operations)


def upsert(point: str | int, payload: dict[str, object] | None = None) -> models.UpsertOperation:
    made = models.PointStruct(id=point, vector={VECTOR: [1.0] * DIMENSION}, payload=payload)
    return models.UpsertOperation(upsert=models.PointsList(points=[made]))


def delete(*slots: int) -> models.DeleteOperation:
    return models.DeleteOperation(delete=models.PointIdsList(points=[point_id(A, slot) for slot in slots]))


A, B = "30-Aprovados/a.pdf", "30-Aprovados/b.pdf"


def test_a_shorter_version_of_a_document_leaves_no_old_chunks(store: Store) -> None:
    put(store, A, 150)
    put(store, B, 2)
    put(store, A, 3, "v2")
    assert stored_in(store)[A].slots == (0, 1, 2)
    assert stored_in(store)[A].content_versions == {"v2"}
    assert stored_in(store)[B].slots == (0, 1)


def test_a_document_that_became_empty_has_no_points(store: Store) -> None:
    put(store, A, 3)
    put(store, A, 0)
    put(store, B, 0)
    assert stored_in(store) == {}


def test_storing_twice_is_storing_once(store: Store) -> None:
    put(store, A, 3)
    put(store, A, 3)
    assert store.count() == 3


def test_only_the_named_documents_are_deleted(store: Store) -> None:
    put(store, A, 3)
    put(store, B, 2)
    store.delete_documents([A, "not there"])
    store.delete_documents([])
    assert set(stored_in(store)) == {B}


def test_no_page_of_a_long_inventory_is_lost(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "_SCROLL_POINTS", 3)
    put(store, A, 7)
    assert stored_in(store)[A].slots == tuple(range(7))


def test_a_collection_equal_to_the_snapshot_has_no_differences(store: Store) -> None:
    put(store, A, 3)
    put(store, B, 0)
    assert store.differences({A: ("v1", 3), B: ("v1", 0)}.items()) == []


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({A: ("v1", 3), B: ("v1", 2)}, [(B, "missing")]),
        ({}, [(A, "extra")]),
        ({A: ("v2", 3)}, [(A, "stale")]),
        ({A: ("v1", 2)}, [(A, "wrong_chunks")]),
        ({A: ("v1", 4)}, [(A, "wrong_chunks")]),
        ({A: ("v1", 0)}, [(A, "wrong_chunks")]),
    ],
)
def test_every_kind_of_difference_is_found(
    store: Store, wanted: dict[str, tuple[str, int]], expected: list[tuple[str, str]]
) -> None:
    put(store, A, 3)
    assert [(found.document_id, found.kind) for found in store.differences(wanted.items())] == expected


def test_a_hole_and_a_mixed_version_are_differences(store: Store) -> None:
    put(store, A, 3)
    mixed = make_payloads(make_document(A), 1, "v0")[0]
    meddle(store, upsert(point_id(A, 0), mixed.as_json()))
    assert [found.kind for found in store.differences({A: ("v1", 3)}.items())] == ["stale"]
    meddle(store, delete(1))
    assert [found.kind for found in store.differences({A: ("v1", 3)}.items())] == ["wrong_chunks"]


def test_a_foreign_point_is_a_difference(store: Store) -> None:
    meddle(store, upsert(1))
    assert [found.kind for found in store.differences({}.items())] == ["extra"]


def test_a_point_that_is_counted_but_not_listed_is_a_difference() -> None:
    tally = Tally([(A, ("v1", 2))])
    tally.add([(A, "v1", 0), (A, "v1", 1)])
    assert [(each.document_id, each.kind) for each in tally.differences(3)] == [("", "extra")]
    assert [(each.document_id, each.kind) for each in tally.differences(1)] == [("", "missing")]


def test_storing_again_heals_a_document_with_a_hole(store: Store) -> None:
    put(store, A, 80)
    meddle(store, delete(*range(3, 60)))
    put(store, A, 2)
    assert store.differences({A: ("v1", 2)}.items()) == []


def test_a_collection_that_is_not_there_is_empty_and_lacks_everything(store: Store) -> None:
    absent = open_store(store._settings, "absent")
    assert (absent.exists(), absent.count(), stored_in(absent)) == (False, 0, {})
    assert [found.kind for found in absent.differences({A: ("v1", 1)}.items())] == ["missing"]


def test_readers_follow_the_alias_to_the_new_collection(store: Store) -> None:
    assert store.published_collection() is None
    assert store.publish() is None
    other = open_store(store._settings, store.collection.replace("__a", "__b"))
    other.ensure_collection(DIMENSION)
    assert other.publish() == store.collection
    assert other.publish() == other.collection
    assert store.published_collection() == other.collection


def test_a_collection_with_the_alias_name_is_a_clear_error(store: Store) -> None:
    squatter = open_store(store._settings, store._settings.qdrant.collection_name)
    squatter.ensure_collection(DIMENSION)
    with pytest.raises(ConfigurationError, match="QDRANT_COLLECTION"):
        store.publish()


def test_vectors_of_another_length_are_refused(store: Store) -> None:
    with pytest.raises(ConfigurationError, match="9-dimensional"):
        store.ensure_collection(DIMENSION + 1)
    document = make_document(A)
    with pytest.raises(PermanentError) as caught:
        store.replace_document(A, make_payloads(document), np.ones((1, DIMENSION + 1), dtype="f4"), make_terms(1))
    assert caught.value.code is ErrorCode.REJECTED


@pytest.mark.parametrize("vectors", [make_vectors(3), np.full((2, DIMENSION), np.nan, dtype="f4")])
def test_embeddings_that_do_not_fit_the_chunks_are_refused(store: Store, vectors: np.ndarray) -> None:
    with pytest.raises(PermanentError) as caught:
        store.replace_document(A, make_payloads(make_document(A), 2), vectors, make_terms(2))
    assert caught.value.code is ErrorCode.MODEL
    assert store.count() == 0


def test_presence_means_exactly_the_expected_points(store: Store) -> None:
    put(store, A, 3)
    assert not is_present(store._settings, store.collection, 3), "no reader sees it"
    store.publish()
    assert is_present(store._settings, store.collection, 3)
    assert not is_present(store._settings, store.collection, 2)
    assert not is_present(store._settings, "absent", 0)


def test_the_nearest_chunk_comes_first(store: Store) -> None:
    put(store, A, 5)
    hits = store.query(make_vectors(5)[[3, 1]], [{}, {}], 2, ["chunk_index"], Method.DENSE)
    assert [next(payload["chunk_index"] for _, payload in found) for found in hits] == [3, 1]
    assert hits[0][0][0] == pytest.approx(1, abs=1e-5)
    assert [len(found) for found in hits] == [2, 2]
