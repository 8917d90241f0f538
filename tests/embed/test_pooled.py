"""What pooling for a GPU promises, tried on the CPU in float32: the vectors of one by one, in the texts' order."""

from __future__ import annotations

import copy
import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.gpu_model import Size, write_model
from pipeline import embedding_models
from pipeline.embed.torch_model import one_by_one, transformer
from pipeline.settings.sections import EmbeddingSettings

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

    from pipeline.embed.packed import Packing

pytestmark = pytest.mark.model
TEXTS = ["Prazo.", "A biblioteca abre aos sábados. " * 20, "", "O estágio dura 300 horas. " * 7, "Matrícula " * 300]
SMALL = Size(layers=2, hidden=32, heads=2, vocabulary=3000, positions=514)


@functools.cache
def _loaded(folder: Path) -> SentenceTransformer:
    import torch  # not when tests are collected, which every worker does
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(folder), device="cpu", model_kwargs={"dtype": torch.float32}).eval()


def load(folder: Path) -> SentenceTransformer:
    """A model of the test's own, which it may change."""
    return copy.deepcopy(_loaded(folder))


def packing_of(model: SentenceTransformer) -> Packing | None:
    from pipeline.embed import packed

    return packed.for_model(model)


def encode(*given: Any) -> NDArray[np.float32]:
    from pipeline.embed import pooled

    return pooled.encode(*given)


@pytest.fixture(scope="module")
def bundled(models_dir: Path) -> Path:
    return embedding_models.prepare(EmbeddingSettings(), models_dir)


@pytest.fixture(scope="module")
def xlm_roberta(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("xlm-roberta")
    write_model(folder, SMALL, "cpu")
    return folder


@pytest.fixture(params=["bundled", "xlm_roberta"])
def folder(request: pytest.FixtureRequest) -> Path:
    found: Path = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize("is_packed", [True, False])
@pytest.mark.parametrize(
    ("name", "batch_tokens"), [("bundled", 700), ("xlm_roberta", 1), ("xlm_roberta", 700), ("xlm_roberta", 100_000)]
)
def test_a_pool_gives_the_vectors_of_one_by_one_in_order(
    request: pytest.FixtureRequest, name: str, batch_tokens: int, is_packed: bool
) -> None:
    model = load(request.getfixturevalue(name))
    expected = one_by_one(model, TEXTS, "passage: ")
    packing = packing_of(model) if is_packed else None
    assert (packing is not None) == is_packed

    vectors = encode(model, TEXTS, "passage: ", batch_tokens, packing)

    assert vectors.dtype.str == "<f4"
    assert np.allclose(vectors, expected, atol=1e-5)
    assert np.abs(expected[0] - expected[1]).max() > 1e-3  # else any order would do


def test_a_packed_text_sees_nothing_of_its_neighbours(folder: Path) -> None:
    model = load(folder)
    packing = packing_of(model)
    (alone,) = encode(model, TEXTS[:1], "", 100_000, packing)

    among = encode(model, [TEXTS[0], *(f"outro texto {number} " * 9 for number in range(5))], "", 10_000, packing)

    assert np.allclose(among[0], alone, atol=1e-5)


def test_a_model_that_looks_backwards_only_is_not_packed_and_still_encodes(bundled: Path) -> None:
    model = load(bundled)
    expected = one_by_one(model, TEXTS, "")
    for module in transformer(model).modules():
        if hasattr(module, "is_causal"):
            module.is_causal = True

    assert packing_of(model) is None

    for module in transformer(model).modules():
        if hasattr(module, "is_causal"):
            module.is_causal = False
    assert one_by_one(model, TEXTS, "").tobytes() == expected.tobytes()


def test_a_model_whose_packed_vectors_differ_is_not_packed(xlm_roberta: Path) -> None:
    model = load(xlm_roberta)
    embeddings = transformer(model).embeddings
    embeddings.position_embeddings.weight.data *= 50  # a wrong position now shows
    embeddings.padding_idx = None  # RoBERTa without its mark: positions are taken to begin at 0

    import torch

    def from_two(input_ids: torch.Tensor, *_: object) -> torch.Tensor:
        return torch.arange(2, 2 + input_ids.shape[1])[None].expand_as(input_ids)

    embeddings.create_position_ids_from_input_ids = from_two

    assert packing_of(model) is None
