"""What [qdrant] tells a server about indexes and memory: over HTTP, on a real server if QDRANT_TEST_URL names one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from qdrant_client import QdrantClient, models

from pipeline.schema import Method
from pipeline.settings.collection import QdrantSettings
from pipeline.store.collection import Store, open_store
from pipeline.store.connection import disconnect
from pipeline.store.points import SPARSE_VECTOR, VECTOR
from pipeline.store.server_settings import creation
from tests.store.test_collection import REAL_SERVER, A, B, opened, put
from tests.support.qdrant_server import QdrantServer
from tests.support.stored import DIMENSION, make_settings, make_vectors

QUANTIZATIONS = get_args(QdrantSettings.model_fields["quantization"].annotation)
OTHER: dict[str, Any] = {
    "hnsw_m": 32,
    "hnsw_ef_construct": 300,
    "quantization": "none",
    "vectors_on_disk": False,
    "payload_on_disk": False,
    "sparse_on_disk": True,
}


@pytest.fixture(
    params=[
        "http",
        pytest.param("real", marks=pytest.mark.skipif(not REAL_SERVER, reason="QDRANT_TEST_URL is not set")),
    ]
)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "http":
        with QdrantServer() as server:
            yield from opened(tmp_path, server.url)
    else:
        yield from opened(tmp_path, REAL_SERVER)


def under(store: Store, **qdrant: Any) -> Store:
    """The same collection under other settings."""
    settings = store._settings.qdrant.model_copy(update=qdrant)
    return open_store(store._settings.model_copy(update={"qdrant": settings}), store.collection)


def kept(store: Store) -> dict[str, Any]:
    """What the server says of the collection, by the names of the settings."""
    config = store._client.get_collection(store.collection).config
    vectors, sparse = config.params.vectors, config.params.sparse_vectors
    assert isinstance(vectors, dict)
    assert sparse
    index = sparse[SPARSE_VECTOR].index
    kinds = {models.ScalarQuantization: "scalar", models.BinaryQuantization: "binary", type(None): "none"}
    return {
        "hnsw_m": config.hnsw_config.m,
        "hnsw_ef_construct": config.hnsw_config.ef_construct,
        "quantization": kinds[type(config.quantization_config)],
        "vectors_on_disk": bool(vectors[VECTOR].on_disk),
        "payload_on_disk": config.params.on_disk_payload,
        "sparse_on_disk": bool(index and index.on_disk),
    }


@pytest.mark.parametrize("settings", [{}, OTHER])
def test_a_new_collection_is_kept_by_the_settings(store: Store, settings: dict[str, Any]) -> None:
    made = open_store(under(store, **settings)._settings, f"{store.collection[:-1]}b")
    made.ensure_collection(DIMENSION)
    assert kept(made) == QdrantSettings(url="http://q", **settings).kept_by_server


@pytest.mark.parametrize("name", [*OTHER, "all of them"])
def test_a_changed_setting_changes_the_collection_in_place_and_back(store: Store, name: str) -> None:
    put(store, A, 3)
    before, changed = kept(store), OTHER if name == "all of them" else {name: OTHER[name]}
    under(store, **changed).optimise()
    assert kept(store) == before | changed
    store.optimise()
    assert kept(store) == before
    assert store.differences({A: ("v1", 3)}.items()) == []


def test_an_unchanged_collection_is_only_told_to_build_its_index(tmp_path: Path) -> None:
    with QdrantServer() as server:
        for store in opened(tmp_path, server.url):
            store.optimise()
            under(store, optimize_collection=False).optimise()
        told = [seen.body for seen in server.seen if seen.what.startswith("PATCH")]
    assert told == [{"optimizers_config": {"indexing_threshold": 10_000}}]


def test_a_changed_setting_and_the_index_are_one_request_so_that_none_waits_for_the_other(tmp_path: Path) -> None:
    with QdrantServer() as server:
        for store in opened(tmp_path, server.url):
            under(store, quantization="binary").optimise()
        told = [set(seen.body) for seen in server.seen if seen.what.startswith("PATCH")]
    assert told == [{"optimizers_config", "quantization_config"}]


def test_a_collection_of_an_earlier_release_is_brought_to_the_settings(store: Store) -> None:
    """It was made without a word about any of them."""
    plain = open_store(store._settings, f"{store.collection[:-1]}b")
    made = creation(store._settings.qdrant, DIMENSION)
    plain._client.create_collection(
        plain.collection,
        vectors_config={VECTOR: models.VectorParams(size=DIMENSION, distance=models.Distance.COSINE)},
        sparse_vectors_config={SPARSE_VECTOR: models.SparseVectorParams(modifier=models.Modifier.IDF)},
    )
    assert made["hnsw_config"].ef_construct != kept(plain)["hnsw_ef_construct"]
    plain.ensure_collection(DIMENSION)
    plain.optimise()
    assert kept(plain) == kept(store)


@pytest.mark.parametrize("quantization", QUANTIZATIONS)
@pytest.mark.parametrize("method", list(Method))
def test_every_method_finds_its_chunk_under_every_quantization(store: Store, quantization: str, method: Method) -> None:
    put(store, A, 5)
    put(store, B, 2, "v1")
    searched = under(store, quantization=quantization)
    searched.optimise()
    hits = searched.query(make_vectors(5)[[3]], [{"3": 1.0}], 3, ["chunk_index", "document_id"], method)[0]
    assert (hits[0][1]["document_id"], hits[0][1]["chunk_index"]) == (A, 3)
    assert len(hits) == (1 if method is Method.SPARSE else 3)


@pytest.mark.parametrize(
    ("quantization", "expected"),
    [
        ("none", {"hnsw_ef": 300}),
        ("scalar", {"hnsw_ef": 300, "quantization": {"rescore": True, "oversampling": 4.0}}),
        ("binary", {"hnsw_ef": 300, "quantization": {"rescore": True, "oversampling": 4.0}}),
    ],
)
@pytest.mark.parametrize("method", list(Method))
def test_a_search_says_how_far_to_look_in_the_dense_index_only(
    tmp_path: Path, method: Method, quantization: str, expected: dict[str, Any]
) -> None:
    with QdrantServer() as server:
        for store in opened(tmp_path, server.url):
            searched = under(store, quantization=quantization, oversampling=4.0, search_ef=300)
            searched.query(make_vectors(1), [{"1": 1.0}], 3, ["chunk_index"], method)
        body = server.seen[-1].body["searches"][0]
    said = {side["using"]: side.get("params") for side in body.get("prefetch", [body])}
    every = {VECTOR: expected, SPARSE_VECTOR: None}
    assert (
        said
        == {
            Method.HYBRID: every,
            Method.DENSE: {VECTOR: expected},
            Method.SPARSE: {SPARSE_VECTOR: None},
        }[method]
    )


def test_a_reader_of_the_alias_sees_one_collection_before_it_moves_and_the_other_after(store: Store) -> None:
    alias = store._settings.qdrant.collection_name
    reader = QdrantClient(url=store._settings.qdrant.url, check_compatibility=False)
    put(store, A, 3)
    store.publish()
    other = open_store(store._settings, f"{store.collection[:-1]}b")
    other.ensure_collection(DIMENSION)
    put(other, A, 4, "v2")
    assert reader.count(alias).count == 3
    other.publish()
    assert reader.count(alias).count == 4
    reader.close()


def test_local_mode_ignores_the_settings_and_runs_do_not_depend_on_them(tmp_path: Path) -> None:
    settings = make_settings(tmp_path, **OTHER)
    assert settings.qdrant.kept_by_server == {}
    assert settings.config_hash == make_settings(tmp_path).config_hash
    store = open_store(settings, "nic__a")
    store.ensure_collection(DIMENSION)
    put(store, A, 3)
    store.optimise()
    assert store.query(make_vectors(1), [{}], 1, ["chunk_index"], Method.DENSE)[0][0][1] == {"chunk_index": 0}
    disconnect(settings)
