"""A cross-encoder orders the best hits anew."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from pipeline import embedding_models
from pipeline.errors import ConfigurationError, ErrorCode
from pipeline.search.rerank import rerank
from pipeline.settings.collection import SearchSettings
from pipeline.settings.sections import EmbeddingSettings, Settings
from tests.search.test_passages import make_hit

TEXTS = ["Férias de trinta dias.", "Compras exigem licitação.", "Viagens são pagas em quinze dias.", "Nada."]


def settings(name: str) -> Settings:
    return Settings(search=SearchSettings(reranker=name), embedding=EmbeddingSettings(device="cpu"))


def make_cross_encoder(folder: Path, bundled: Path, scores: int = 1) -> Path:
    """A one-layer BERT with random weights and the bundled model's tokenizer, which reads two texts at once."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    torch.manual_seed(3)
    vocabulary = json.loads((bundled / "config.json").read_text())["vocab_size"]
    config = BertConfig(
        vocab_size=vocabulary,
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        initializer_range=1.0,
    )
    config.num_labels = scores
    BertForSequenceClassification(config).save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(bundled / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def bundled(models_dir: Path) -> Path:
    return embedding_models.prepare(EmbeddingSettings(), models_dir)


@pytest.mark.slow
def test_hits_come_in_the_order_of_the_cross_encoder_s_scores(bundled: Path, tmp_path: Path) -> None:
    from sentence_transformers import CrossEncoder

    folder = make_cross_encoder(tmp_path / "reranker", bundled)
    hits = [make_hit(text, chunk_index=index) for index, text in enumerate(TEXTS)]
    judged = CrossEncoder(str(folder), device="cpu").predict([("férias", text) for text in TEXTS])
    found = rerank("férias", hits, settings(str(folder)))
    assert [hit.score for hit in found] == pytest.approx(sorted(judged, reverse=True), abs=1e-5)
    assert [hit.chunk_index for hit in found] == [int(index) for index in judged.argsort()[::-1]]
    assert [hit.chunk_index for hit in found] != [0, 1, 2, 3], "the order is another one"
    assert rerank("férias", [], settings(str(folder))) == []
    two = make_cross_encoder(tmp_path / "two", bundled, scores=2)
    with pytest.raises(ConfigurationError, match="several scores"):
        rerank("férias", hits, settings(str(two)))


@pytest.mark.slow
def test_a_reranker_that_is_not_there_is_named_as_the_setting_that_it_is(tmp_path: Path) -> None:
    missing = str(tmp_path / "nowhere")
    with pytest.raises(ConfigurationError, match=r"\[search\] reranker cannot be loaded") as caught:
        rerank("férias", [make_hit("Férias.")], settings(missing))
    assert caught.value.code is ErrorCode.MODEL
    assert missing not in str(caught.value)
