"""What BERT without sentence-transformers promises: the same bits, none of its imports, no model it does not know."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline import embedding_models
from pipeline.embed import bert, torch_model
from pipeline.embedding_models import ModelCard, Runtime
from pipeline.settings.sections import EmbeddingSettings
from tests.support.small_model import make_model

TEXTS = [
    *("", "Prazo", " dois  espaços ", "Quantas horas dura o estágio?", "The library opens on Saturdays."),
    *(f"Artigo {n}. A matrícula é renovada em {n * 7} dias. " * n for n in range(1, 30)),
]
FP32 = Runtime("cpu", "torch", "fp32")


@pytest.fixture(scope="module")
def small(models_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small") / "model"
    return make_model(folder, embedding_models.prepare(EmbeddingSettings(), models_dir))


def card_of(model: str, models_dir: Path) -> ModelCard:
    return embedding_models.describe(EmbeddingSettings(model_name=model), models_dir)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("which", ["bundled", "small"])
def test_vectors_have_the_bits_that_sentence_transformers_gives(
    which: str, precision: str, small: Path, models_dir: Path
) -> None:
    card = card_of(which if which == "bundled" else str(small), models_dir)
    runtime = Runtime("cpu", "torch", precision)
    expected = torch_model.one_by_one(torch_model.load_torch(card.folder, runtime), TEXTS, card.document_prompt)

    encoder = bert.load_once(card, runtime)

    assert encoder is not None
    assert np.array_equal(encoder.encode(TEXTS, card.document_prompt), expected)


def test_a_question_is_encoded_without_importing_transformers(models_dir: Path) -> None:
    script = (
        "import sys, pathlib; from pipeline import embed; from pipeline.settings.sections import EmbeddingSettings;"
        "settings = EmbeddingSettings(device='cpu', backend='torch', precision='fp32');"
        "embed.embed_queries(['texto'], settings, pathlib.Path(sys.argv[1]));"
        "print({'transformers', 'sentence_transformers', 'sklearn', 'scipy', 'torchvision'} & set(sys.modules))"
    )

    run = subprocess.run([sys.executable, "-c", script, models_dir], capture_output=True, text=True, check=True)

    assert run.stdout == "set()\n"


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("config.json", {"model_type": "roberta"}),
        ("config.json", {"hidden_act": "relu"}),
        ("config.json", {"position_embedding_type": "relative_key"}),
        ("config.json", {"is_decoder": True}),
        ("config.json", {"num_hidden_layers": 2}),
        ("sentence_bert_config.json", {"do_lower_case": True}),
        ("sentence_bert_config.json", {"something": "new"}),
        ("tokenizer_config.json", {"tokenizer_class": "BertTokenizer"}),
        ("tokenizer_config.json", {"truncation_side": "left"}),
        ("1_Pooling/config.json", {"pooling_mode_cls_token": True}),
        ("1_Pooling/config.json", {"include_prompt": False}),
    ],
    ids=lambda given: given if isinstance(given, str) else next(iter(given)),
)
def test_a_model_that_does_anything_else_is_left_to_sentence_transformers(
    name: str, change: dict[str, object], tmp_path: Path, models_dir: Path
) -> None:
    folder = make_model(tmp_path / "model", embedding_models.prepare(EmbeddingSettings(), models_dir))
    assert bert.fits(folder, FP32)
    file = folder / name
    file.write_text(json.dumps(json.loads(file.read_text()) | change))

    assert not bert.fits(folder, FP32)


def test_a_gpu_is_left_to_sentence_transformers(small: Path, tmp_path: Path) -> None:
    assert not bert.fits(small, Runtime("cuda", "torch", "fp16"))
    assert not bert.fits(tmp_path, FP32), "no model at all"
