"""Exports a SentenceTransformer to ONNX, whole: transformer, pooling and normalising, for one text at a time.

What it gives is compared with torch before anybody can use it. Importing this loads torch.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from pipeline import embedding_models
from pipeline.datadir import folders
from pipeline.embed import exported, torch_model
from pipeline.embed.exported import DISK, FILE, INPUT, OUTPUT, folder_of
from pipeline.embedding_models.runtime import Runtime
from pipeline.engine import worker
from pipeline.errors import TransientError
from pipeline.settings.sections import EmbeddingSettings

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


_MIN_COSINE = {"fp32": 0.9999, "bf16": 0.999, "int8": 0.98}
_PROBES = tuple("Prazo da matrícula. The library opens on Saturdays." + " texto de prova" * n for n in (0, 40))


class ExportError(Exception):
    """What is wrong with the model, or with its export, as the end of a sentence about it."""


def export(card: embedding_models.ModelCard, runtime: Runtime, folder: Path) -> None:
    """Leave the exported model in `folder`: written beside it and renamed.

    Raises ExportError, TransientError (the disk takes no more), and whatever else torch or a runtime trips over.
    """
    with folders.temporary_folder(folder) as temporary:
        _made(card, runtime, temporary).rename(folder)


def _made(card: embedding_models.ModelCard, runtime: Runtime, folder: Path) -> Path:
    model = torch_model.load_torch(card.folder, replace(runtime, backend="torch", precision="fp32"))
    made, final = folder / "made", folder / "final"
    made.mkdir()
    _to_onnx(model, made / FILE)
    if runtime.precision == "int8":
        final.mkdir()
        _to_int8(made / FILE, final / FILE)
    else:
        final = made
    expected = torch_model.one_by_one(model, _PROBES, card.document_prompt)
    vectors = exported.open_folder(final, card, runtime).encode(_PROBES, card.document_prompt)
    cosine = float((vectors * expected).sum(axis=1).min())
    if cosine < _MIN_COSINE[runtime.precision]:
        raise ExportError(f"gives other vectors (cosine {cosine:.4f})")
    return final


class _Whole(torch.nn.Module):
    def __init__(self, model: SentenceTransformer) -> None:
        super().__init__()
        self.transformer = torch_model.transformer(model)
        self.rest = torch.nn.ModuleList(list(model)[1:])

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        features = {
            "token_embeddings": self.transformer(input_ids=input_ids).last_hidden_state,
            "attention_mask": torch.ones_like(input_ids),
        }
        for module in self.rest:
            features = module(features)
        return torch.nn.functional.normalize(features["sentence_embedding"], p=2, dim=1)


def _to_onnx(model: SentenceTransformer, path: Path) -> None:
    if not all(getattr(module, "include_prompt", True) for module in model):
        raise ExportError("leaves its prompt out of pooling, which an export cannot")
    with _quiet("torch.onnx"):
        torch.onnx.export(
            _Whole(model).eval(),
            (torch.full((1, 16), 5),),
            str(path),
            input_names=[INPUT],
            output_names=[OUTPUT],
            dynamic_axes={INPUT: {1: "tokens"}},
            opset_version=17,
            dynamo=False,  # the other exporter needs a further package
        )


def _to_int8(source: Path, target: Path) -> None:
    """Weights per output channel, activations per text as they come; sums of 7-bit weights cannot overflow on AVX2."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with _quiet("root"):  # it advises preparations that change nothing here
        quantize_dynamic(
            source,
            target,
            per_channel=True,
            reduce_range=True,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=["MatMul"],
            use_external_data_format=source.stat().st_size != sum(p.stat().st_size for p in source.parent.iterdir()),
        )


@contextmanager
def _quiet(logger: str) -> Iterator[None]:
    found = logging.getLogger(logger)
    level = found.level
    found.setLevel(logging.ERROR)
    try:
        yield
    finally:
        found.setLevel(level)


def main(settings: str, models_dir: Path) -> None:
    """Export the model that the settings name; whoever started this process gave it the lock that makes others wait.

    Raises SystemExit.
    """
    worker.start(os.getppid(), memory_limit_mb=None)
    embedding = EmbeddingSettings.model_validate_json(settings)
    card, runtime = embedding_models.describe(embedding, models_dir), embedding_models.runtime(embedding)
    folder = folder_of(embedding, runtime, models_dir)
    try:
        export(card, runtime, folder)
    except TransientError as error:
        sys.stdout.write(f"{error}\n")
        raise SystemExit(DISK) from error
    except Exception as error:  # torch, onnx and the runtimes each have errors of their own
        known = isinstance(error, ExportError)
        sys.stdout.write(f"{error if known else f'cannot be exported ({type(error).__name__})'}\n")
        raise SystemExit(1) from error


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
