"""Qdrant's own engine answers as local mode does, and its graph and compressed vectors find what a full look finds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from pipeline.schema import Method
from pipeline.store.collection import Store, open_store
from pipeline.store.filters import Filters
from pipeline.store.points import Terms, Vectors
from tests.support.qdrant_engine import Engine
from tests.support.qdrant_server import QdrantServer
from tests.support.stored import DIMENSION, make_document, make_payloads, make_settings, make_vectors

DOCUMENTS, CHUNKS, QUESTIONS = 20, 50, 25
WORDS = [f"w{number}" for number in range(60)]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with QdrantServer(database=Engine()) as server:
        yield from filled(tmp_path_factory.mktemp("engine"), server.url)


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    yield from filled(tmp_path_factory.mktemp("local"), "")


def terms(count: int, seed: int) -> list[Terms]:
    random = np.random.default_rng(seed)
    return [{str(word): float(random.random()) + 0.1 for word in random.choice(WORDS, 6)} for _ in range(count)]


def filled(folder: Path, url: str, **qdrant: str) -> Iterator[Store]:
    store = open_store(make_settings(folder, url, **qdrant), "nic__a")
    store.ensure_collection(DIMENSION)
    for seed in range(DOCUMENTS):
        document = make_document(f"30-Aprovados/{'RH' if seed % 2 else 'TI'}/{seed}.pdf")
        payloads = make_payloads(document, CHUNKS)
        store.replace_document(document.document_id, payloads, make_vectors(CHUNKS, seed), terms(CHUNKS, seed))
    yield store
    store.close()


def answers(store: Store, method: Method, filters: Filters) -> list[dict[tuple[str, int], float]]:
    vectors: Vectors = make_vectors(QUESTIONS, 999)
    fields = ["file_path", "chunk_index"]
    found = store.query(vectors, terms(QUESTIONS, 999), 10, fields, method, filters=filters)
    return [{(payload["file_path"], payload["chunk_index"]): score for score, payload in answer} for answer in found]


@pytest.mark.parametrize("path", [None, "RH"])
@pytest.mark.parametrize("method", Method)
def test_local_mode_finds_and_scores_as_the_engine_does(
    local: Store, engine: Store, method: Method, path: str | None
) -> None:
    filters = Filters(path=path)
    for ours, theirs in zip(answers(local, method, filters), answers(engine, method, filters), strict=True):
        assert list(ours) == list(theirs)
        assert np.allclose(list(ours.values()), list(theirs.values()), atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("quantization", ["none", "scalar"])
def test_the_graph_finds_what_a_full_look_finds(local: Store, tmp_path: Path, quantization: str) -> None:
    database = Engine()
    with QdrantServer(database=database) as server:
        for store in filled(tmp_path, server.url, quantization=quantization):
            assert database.optimise(store.collection) >= DOCUMENTS * CHUNKS
            pairs = zip(answers(local, Method.DENSE, Filters()), answers(store, Method.DENSE, Filters()), strict=True)
            shared = [len(ours.keys() & theirs.keys()) / len(ours) for ours, theirs in pairs]
    assert np.mean(shared) >= 0.98
