"""What naming a model promises: an identity that follows the content, and errors that say how to get the model."""

from __future__ import annotations

import json
import os
import shutil
from importlib.metadata import version
from pathlib import Path

import pytest

from pipeline import embedding_models
from pipeline.embedding_models import ModelCard
from pipeline.errors import ConfigurationError, ErrorCode
from pipeline.settings.sections import EmbeddingSettings
from tests.support.small_model import DIMENSION, make_model


@pytest.fixture
def local(tmp_path: Path, models_dir: Path) -> Path:
    return make_model(tmp_path / "local", embedding_models.prepare(EmbeddingSettings(), models_dir))


def named(model: Path | str, revision: str = "main") -> EmbeddingSettings:
    return EmbeddingSettings(model_name=str(model), revision=revision)


def test_the_bundled_model_is_known_without_its_files() -> None:
    expected = f"e5-small-enpt@d06eb0b0ae4e8a46.2 sentence-transformers=={version('sentence-transformers')}"
    assert embedding_models.identity(EmbeddingSettings()) == expected


def test_how_a_model_runs_is_no_part_of_its_identity() -> None:
    here, there = EmbeddingSettings(precision="fp32"), EmbeddingSettings(precision="int8", batch_tokens=1)
    assert embedding_models.identity(here) == embedding_models.identity(there)


def test_a_hub_model_is_known_by_name_and_revision() -> None:
    assert embedding_models.identity(named("BAAI/bge-m3", "5617a9f")).startswith("BAAI/bge-m3@5617a9f ")
    assert embedding_models.identity(named("BAAI/bge-m3")) != embedding_models.identity(named("BAAI/bge-m3", "5617a9f"))


def test_a_local_model_is_known_by_content_wherever_it_lies(local: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(local, tmp_path / "elsewhere" / "renamed")
    (copy / "README.md").write_text("notes")
    (copy / ".cache").mkdir()
    (copy / ".cache" / "download.json").write_text("{}")

    assert embedding_models.identity(named(copy)) == embedding_models.identity(named(local))
    assert str(tmp_path) not in embedding_models.identity(named(copy))


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "1_Pooling/config.json"])
def test_a_local_model_with_other_content_is_another_model(local: Path, name: str) -> None:
    before = embedding_models.identity(named(local))
    data = bytearray((local / name).read_bytes())
    data[len(data) // 2] ^= 1
    (local / name).write_bytes(data)

    assert embedding_models.identity(named(local)) != before


def test_large_weights_are_told_apart_by_samples(local: Path) -> None:
    def identity_with(content: bytes) -> str:
        (local / "model.safetensors").write_bytes(content)
        return embedding_models.identity(named(local))

    zeros = bytes(40 * 2**20)
    retrained_layer = zeros[: 30 * 2**20] + os.urandom(10 * 2**20)
    identities = {identity_with(zeros), identity_with(retrained_layer), identity_with(zeros + b"\0")}

    assert len(identities) == 3


def test_a_folder_that_does_not_exist_is_named_without_its_path(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigurationError, match="NIC_EMBEDDING_MODEL names a folder that does not exist: gone"
    ) as caught:
        embedding_models.identity(named(tmp_path / "gone"))

    assert str(tmp_path) not in str(caught.value)


def test_a_folder_without_weights_is_no_model(local: Path, models_dir: Path) -> None:
    (local / "model.safetensors").unlink()

    with pytest.raises(ConfigurationError, match=r"has no config\.json, tokenizer\.json or weights") as caught:
        embedding_models.prepare(named(local), models_dir)

    assert caught.value.code == ErrorCode.MODEL


def test_a_hub_model_that_cannot_be_had_says_how_to_get_it(
    models_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))

    with pytest.raises(ConfigurationError, match=r"hf download BAAI/bge-m3 --revision main") as caught:
        embedding_models.prepare(named("BAAI/bge-m3"), models_dir)

    assert caught.value.code == ErrorCode.MODEL


def test_a_hub_model_in_the_cache_is_used_offline_unless_its_download_was_interrupted(
    local: Path, models_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    entry = tmp_path / "models--nic--small"
    (entry / "refs").mkdir(parents=True)
    (entry / "refs" / "main").write_text("a" * 40)
    snapshot = shutil.copytree(local, entry / "snapshots" / ("a" * 40))

    assert embedding_models.prepare(named("nic/small"), models_dir) == snapshot

    (snapshot / "model.safetensors").unlink()
    with pytest.raises(ConfigurationError, match="hf download nic/small"):
        embedding_models.prepare(named("nic/small"), models_dir)


def test_a_model_is_described_before_it_is_loaded(local: Path, models_dir: Path) -> None:
    bundled = embedding_models.describe(EmbeddingSettings(), models_dir)
    assert bundled == ModelCard(bundled.folder, 384, 128, "query: ", "passage: ")

    assert embedding_models.describe(named(local), models_dir) == ModelCard(local, DIMENSION, 1024, "", "")


def test_a_model_without_a_limit_of_its_own_has_that_of_its_positions(local: Path, models_dir: Path) -> None:
    (local / "sentence_bert_config.json").unlink()
    (local / "tokenizer_config.json").write_text(json.dumps({"model_max_length": 10**30}))

    assert embedding_models.describe(named(local), models_dir).max_tokens == 1024


def test_a_model_that_keeps_its_encoder_in_a_folder_is_understood(local: Path, models_dir: Path) -> None:
    encoder = local / "0_Transformer"
    encoder.mkdir()
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"):
        (local / name).rename(encoder / name)
    (local / "sentence_bert_config.json").rename(encoder / "sentence_bert_config.json")
    modules = json.loads((local / "modules.json").read_text())
    modules[0]["path"] = "0_Transformer"
    (local / "modules.json").write_text(json.dumps(modules))

    assert embedding_models.describe(named(local), models_dir).max_tokens == 1024
    assert embedding_models.tokenizer(local).encode("Olá").tokens[0] == "<s>"


def test_a_configuration_without_a_limit_is_refused(local: Path, models_dir: Path) -> None:
    for name in ("sentence_bert_config.json", "tokenizer_config.json"):
        (local / name).unlink()
    config = json.loads((local / "config.json").read_text())
    del config["max_position_embeddings"]
    (local / "config.json").write_text(json.dumps(config))

    with pytest.raises(ConfigurationError, match="names no dimension or no input limit"):
        embedding_models.describe(named(local), models_dir)
