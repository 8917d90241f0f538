"""Loads the embedding model on the runtime that fits this machine and encodes texts with it. Knows no files."""

from __future__ import annotations

import functools
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import embedding_models
from pipeline.embed import exported
from pipeline.embed.torch_model import Vectors, load_once, one_by_one
from pipeline.settings.sections import EmbeddingSettings

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

log = logging.getLogger("pipeline.embed")


def encode(texts: Sequence[str], prompt: str, embedding: EmbeddingSettings, models_dir: Path) -> Vectors:
    """Unit vectors, (texts, dimension) float32, in the texts' order; `prompt` goes before each text.

    A text longer than the model's limit is cut off. Raises ConfigurationError.
    """
    if embedding_models.runtime(embedding).backend != "torch":
        return exported.load(embedding, models_dir).encode(texts, prompt)
    model = load(embedding, models_dir)
    if model.device.type == "cpu":
        return one_by_one(model, texts, prompt)
    from pipeline.embed import pooled

    return pooled.encode(model, texts, prompt, embedding.batch_tokens, _packing(embedding, models_dir))


def load_runtime(embedding: EmbeddingSettings, models_dir: Path) -> None:
    """Load what `encode` needs, which this process keeps. Raises ConfigurationError."""
    if embedding_models.runtime(embedding).backend == "torch":
        load(embedding, models_dir)
    else:
        exported.load(embedding, models_dir)


@functools.cache
def load(embedding: EmbeddingSettings, models_dir: Path) -> SentenceTransformer:
    """The model in torch, loaded once per process; logs so. Raises ConfigurationError."""
    return load_once(embedding_models.prepare(embedding, models_dir), embedding_models.runtime(embedding))


@functools.cache
def _packing(embedding: EmbeddingSettings, models_dir: Path) -> Any:
    """How sequences share a row without padding; None when this model cannot do it. Found out once per process."""
    from pipeline.embed import packed

    packing = packed.for_model(load(embedding, models_dir))
    if packing is None:
        log.warning("this model's sequences cannot be packed on this GPU: batches are padded, which is slower")
    return packing
