"""What running outside torch promises: vectors close to torch's, exported once, refused when they are not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline import embed, models
from pipeline.config import EmbeddingSettings
from pipeline.errors import ConfigurationError, ErrorCode
from pipeline.files import TEMPORARY_SUFFIX
from tests.small_model import make_model

TEXTS = ["Quantas horas dura o estágio?", "Prazo", "A matrícula é renovada a cada semestre. " * 12]


@pytest.fixture(scope="module")
def models_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


def settings(backend: str, precision: str, model: str = "bundled") -> EmbeddingSettings:
    given = {"device": "cpu", "backend": backend, "precision": precision, "model_name": model}
    return EmbeddingSettings.model_validate(given)


@pytest.mark.parametrize(
    ("backend", "precision", "least"),
    [("onnx", "fp32", 0.99999), ("onnx", "int8", 0.98), ("openvino", "fp32", 0.99999)],
)
def test_an_exported_model_gives_torch_s_vectors(backend: str, precision: str, least: float, models_dir: Path) -> None:
    if backend == "openvino":
        pytest.importorskip("openvino")
    expected = embed.embed_queries(TEXTS, settings("torch", "fp32"), models_dir)

    vectors = embed.embed_queries(TEXTS, settings(backend, precision), models_dir)

    assert (vectors * expected).sum(axis=1).min() >= least
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(3), abs=1e-6)
    assert embed.embed_queries(TEXTS[2:], settings(backend, precision), models_dir).tobytes() == vectors[2:].tobytes()


def test_a_model_is_exported_once(tmp_path: Path, models_dir: Path) -> None:
    folder = make_model(tmp_path / "model", models.prepare(EmbeddingSettings(), models_dir))
    one = settings("onnx", "int8", str(folder))
    first = embed.embed_queries(TEXTS, one, tmp_path)
    (exported,) = tmp_path.glob("exported-*")
    written = {path: path.stat().st_mtime_ns for path in (exported, *exported.iterdir())}
    embed.load.cache_clear()

    assert embed.embed_queries(TEXTS, one, tmp_path).tobytes() == first.tobytes()

    assert {path: path.stat().st_mtime_ns for path in written} == written
    assert list(tmp_path.glob(f".*{TEMPORARY_SUFFIX}")) == []


def test_an_export_that_gives_other_vectors_is_refused(tmp_path: Path, models_dir: Path) -> None:
    one = settings("onnx", "fp32", str(make_model(tmp_path / "one", models.prepare(EmbeddingSettings(), models_dir))))
    embed.load(one, tmp_path)
    (exported,) = tmp_path.glob("exported-*/model.onnx")
    for export in models_dir.glob("exported-*/model.onnx"):
        exported.write_bytes(export.read_bytes())  # another model's
    embed.load.cache_clear()

    with pytest.raises(ConfigurationError, match=r"set \[embedding\] backend = torch") as caught:
        embed.load(one, tmp_path)

    assert caught.value.code == ErrorCode.MODEL
