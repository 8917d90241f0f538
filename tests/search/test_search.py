"""Asking the published collection, with the bundled model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from pipeline.datadir.files import write_json
from pipeline.datadir.paths import DataDir
from pipeline.embed import embed_document
from pipeline.errors import ConfigurationError, ErrorCode, TransientError
from pipeline.run.fingerprints import Fingerprints
from pipeline.search import search
from pipeline.settings.sections import EmbeddingSettings, Settings
from pipeline.sparse import terms
from pipeline.store.collection import Store, open_store
from pipeline.store.points import Vectors
from tests.support.stored import make_chunks, make_document, make_payloads, make_settings, make_terms

TEXTS = ["Servidores têm trinta dias de férias por ano.", "Compras acima do limite exigem licitação."]


@pytest.fixture
def settings(tmp_path: Path, models_dir: Path) -> Settings:
    DataDir(tmp_path).models.symlink_to(models_dir)
    return make_settings(tmp_path)


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    store = open_store(settings, Fingerprints(settings).collection)
    yield store
    store.close()


def embed(texts: list[str], settings: Settings) -> Vectors:
    data = DataDir.at(settings.pipeline.data_dir)
    assert isinstance(data.root, Path)
    write_json(data.root / "chunks.json", make_chunks(texts))
    embed_document(
        data.root / "chunks.json", data.root / "terms.json", data.root / "vectors.npy", settings.embedding, data.models
    )
    return np.asarray(np.load(data.root / "vectors.npy"), dtype="<f4")


def test_searching_before_anything_is_published_says_what_to_run(settings: Settings, store: Store) -> None:
    store.ensure_collection(384)
    with pytest.raises(TransientError, match="`nic run`") as caught:
        search(["férias"], 3, settings)
    assert caught.value.code is ErrorCode.INCOMPLETE


def test_another_models_vectors_are_never_searched(settings: Settings, store: Store) -> None:
    store.ensure_collection(384)
    store.publish()
    other = settings.model_copy(update={"embedding": EmbeddingSettings(model_name="BAAI/bge-m3")})
    with pytest.raises(ConfigurationError, match="NIC_EMBEDDING_MODEL"):
        search(["férias"], 3, other)


@pytest.mark.parametrize("nothing", ["", " \n"])
def test_an_empty_question_is_refused(settings: Settings, store: Store, nothing: str) -> None:
    with pytest.raises(ConfigurationError, match="empty"):
        search(["férias", nothing], 3, settings)


def test_no_questions_have_no_answers(settings: Settings, store: Store) -> None:
    store.ensure_collection(384)
    store.publish()
    assert search([], 3, settings) == []


@pytest.mark.slow
def test_each_question_finds_its_passage_with_where_it_stands(settings: Settings, store: Store) -> None:
    store.ensure_collection(384)
    vectors = embed(TEXTS, settings)
    for number, (text, name) in enumerate(zip(TEXTS, ("ferias", "compras"), strict=True)):
        document = make_document(f"30-Aprovados/RH/{name}.pdf")
        payloads = [payload.model_copy(update={"content": text}) for payload in make_payloads(document)]
        store.replace_document(
            document.document_id, payloads, vectors[number : number + 1], [dict.fromkeys(terms(text, "pt"), 1.0)]
        )
    store.publish()
    leave, purchase = search(["quantos dias de férias eu tenho?", "quando é preciso licitar?"], 2, settings)
    assert [hits[0].path for hits in (leave, purchase)] == ["30-Aprovados/RH/ferias.pdf", "30-Aprovados/RH/compras.pdf"]
    assert leave[0].text == TEXTS[0]
    assert leave[0].title == "ferias"
    assert leave[0].score > leave[1].score


@pytest.mark.slow
def test_equal_passages_come_in_the_order_of_their_paths(settings: Settings, store: Store) -> None:
    store.ensure_collection(384)
    vectors = embed(TEXTS, settings)
    for name, vector in {"c": vectors[:1], "a": vectors[:1], "b": vectors[:1], "d": vectors[1:]}.items():
        document = make_document(f"30-Aprovados/{name}.pdf")
        store.replace_document(document.document_id, make_payloads(document), vector, [{}])
    store.publish()
    assert [hit.path[-5] for hit in search(["férias"], 3, settings)[0]] == ["a", "b", "c"]


def test_hundreds_of_questions_are_answered_together(settings: Settings, store: Store) -> None:
    store.ensure_collection(384)
    vectors = np.random.default_rng(0).normal(size=(500, 384)).astype("<f4")
    document = make_document()
    store.replace_document(document.document_id, make_payloads(document, 500), vectors, make_terms(500))
    answers = store.query(vectors[:446], make_terms(446), 10, ["file_path", "content"])
    assert [len(hits) for hits in answers] == [10] * 446
