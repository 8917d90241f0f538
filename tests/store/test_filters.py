"""Every filter admits what it names and nothing else, on local files, over HTTP and on Qdrant's own engine alike."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.schema import Method, Properties
from pipeline.store.collection import Store, open_store
from pipeline.store.filters import Filters
from tests.support.qdrant_engine import Engine
from tests.support.qdrant_server import QdrantServer
from tests.support.stored import DIMENSION, make_document, make_payloads, make_settings, make_terms, make_vectors

ROOT = "30-Aprovados"
DECOMPOSED = unicodedata.normalize("NFD", "Gestão")
DOCUMENTS: dict[str, dict[str, Any]] = {
    "raiz.md": {"author": "Ana", "text_coverage": 0.97},
    "RH/Política de férias.pdf": {"modified_date": datetime(2025, 3, 1, 23, 59, tzinfo=UTC)},
    "RH/Viagens/2024/viagens.pdf": {"language": "pt-PT"},
    "RH/Viagens/2024-antigas/viagens.pdf": {"status": "deprecated", "is_latest": False},
    "RH/Viagens/30-Aprovados/RH/Viagens/2024/x.pdf": {"effective_date": datetime(2025, 1, 1, tzinfo=UTC)},
    "RHX/outro.pdf": {"language": "en-US", "modified_date": datetime(2025, 3, 2, tzinfo=UTC)},
    f"{DECOMPOSED}/Manual.pdf": {},
}
RH = {name for name in DOCUMENTS if name.startswith("RH/")}


@pytest.fixture(scope="module", params=["local", "http", "engine"])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    if request.param == "local":
        yield from filled(tmp_path_factory.mktemp("data"), "")
        return
    with QdrantServer(database=Engine() if request.param == "engine" else None) as server:
        yield from filled(tmp_path_factory.mktemp("data"), server.url)


def filled(folder: Path, url: str) -> Iterator[Store]:
    store = open_store(make_settings(folder, url), "nic__a")
    store.ensure_collection(DIMENSION)
    for seed, (name, facts) in enumerate(DOCUMENTS.items()):
        document = make_document(f"{ROOT}/{name}")
        made = make_payloads(document, properties=Properties(title="t"))
        payloads = [payload.model_copy(update=facts) for payload in made]
        store.replace_document(document.document_id, payloads, make_vectors(1, seed), make_terms(1))
    yield store
    store.close()


@pytest.fixture
def booleans(request: pytest.FixtureRequest) -> None:
    """The engine's wheel finds nothing by a boolean field; a test that says so turns red when it does."""
    if request.node.callspec.params["store"] == "engine":
        request.applymarker(pytest.mark.xfail(strict=True))


def found(store: Store, method: Method = Method.HYBRID, **filters: Any) -> set[str]:
    (answer,) = store.query(
        make_vectors(1, 99), [{"texto": 1.0}], 50, ["file_path"], method, filters=Filters(**filters)
    )
    return {payload["file_path"].removeprefix(f"{ROOT}/") for _, payload in answer}


@pytest.mark.parametrize("method", Method)
def test_nothing_given_leaves_nothing_out(store: Store, method: Method) -> None:
    assert found(store, method) == set(DOCUMENTS)


@pytest.mark.parametrize("method", Method)
def test_a_filter_holds_for_every_way_of_searching(store: Store, method: Method) -> None:
    assert found(store, method, document_type=("policy",)) == {"RH/Política de férias.pdf"}


@pytest.mark.parametrize("path", ["RH", "RH/", "30-Aprovados/RH", "/30-Aprovados/RH/"])
def test_a_folder_means_all_below_it_and_no_name_that_only_begins_like_it(store: Store, path: str) -> None:
    assert found(store, path=path) == RH


def test_deep_folders_are_exact_too(store: Store) -> None:
    assert found(store, path="RH/Viagens/2024") == {"RH/Viagens/2024/viagens.pdf"}
    assert found(store, path="RH/Viagens/nowhere/at/all") == set()


def test_the_target_folder_is_everything(store: Store) -> None:
    assert found(store, path=ROOT) == set(DOCUMENTS)


@pytest.mark.parametrize("path", ["raiz.md", "RH/Política de férias.pdf", "RH/Viagens/2024/viagens.pdf"])
def test_a_document_is_named_by_its_path(store: Store, path: str) -> None:
    assert found(store, path=path) == found(store, path=f"{ROOT}/{path}") == {path}


@pytest.mark.parametrize("path", ["Gestão", "Gestão/Manual.pdf", DECOMPOSED])
def test_how_accents_are_spelt_does_not_matter(store: Store, path: str) -> None:
    assert found(store, path=path) == {f"{DECOMPOSED}/Manual.pdf"}


@pytest.mark.parametrize("path", ["gestao", "GESTÃO", "30-aprovados/Gestao/", unicodedata.normalize("NFD", "gestão")])
def test_a_folder_is_found_whatever_its_case_and_accents(store: Store, path: str) -> None:
    assert found(store, path=path) == {f"{DECOMPOSED}/Manual.pdf"}
    assert found(store, path="rh/VIAGENS/2024") == {"RH/Viagens/2024/viagens.pdf"}
    assert found(store, path="gesta") == found(store, path="gestao2") == set()


def test_a_bare_language_finds_its_regions(store: Store) -> None:
    assert found(store, language="en") == {"RHX/outro.pdf"}
    assert found(store, language="PT") == set(DOCUMENTS) - {"RHX/outro.pdf"}
    assert found(store, language="pt-PT") == {"RH/Viagens/2024/viagens.pdf"}
    assert found(store, language="p") == set()


def test_both_days_of_a_range_belong_to_it(store: Store) -> None:
    first, second = date(2025, 3, 1), date(2025, 3, 2)
    assert found(store, modified_to=first) == {"RH/Política de férias.pdf"}
    assert found(store, modified_from=second) == {"RHX/outro.pdf"}
    assert found(store, modified_from=first, modified_to=second) == {"RH/Política de férias.pdf", "RHX/outro.pdf"}
    assert found(store, effective_to=date(2025, 1, 1)) == {"RH/Viagens/30-Aprovados/RH/Viagens/2024/x.pdf"}


@pytest.mark.usefixtures("booleans")
def test_status_author_and_version(store: Store) -> None:
    old = {"RH/Viagens/2024-antigas/viagens.pdf"}
    assert found(store, status=("deprecated", "draft")) == found(store, is_latest=False) == old
    assert found(store, author="Ana") == {"raiz.md"}


@pytest.mark.usefixtures("booleans")
def test_filters_add_up(store: Store) -> None:
    assert found(store, path="RH", is_latest=True, language="pt-PT") == {"RH/Viagens/2024/viagens.pdf"}
    assert found(store, path="RHX", language="pt") == set()


def test_documents_that_lack_text_can_be_left_out(store: Store) -> None:
    assert found(store, min_text_coverage=0.98) == set(DOCUMENTS) - {"raiz.md"}
    assert found(store, min_text_coverage=0.97) == found(store, min_text_coverage=0) == set(DOCUMENTS)
    assert found(store, min_text_coverage=0.98, author="Ana") == set()
