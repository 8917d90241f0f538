"""The embed stage and the embedding of queries: unit vectors from a SentenceTransformer loaded once per process.

On a CPU texts are encoded one at a time on one thread, which is the fastest per core and makes every vector
bit-identical whatever its neighbours; on a GPU in batches. Always float32.
"""

from __future__ import annotations

import functools
import logging
import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pipeline import files, models
from pipeline.config import EmbeddingSettings
from pipeline.errors import ConfigurationError, ErrorCode, PermanentError
from pipeline.files import FilePath
from pipeline.schema import ChunkedDocument

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

log = logging.getLogger(__name__)

Vectors = npt.NDArray[np.float32]


def embed_document(chunks: FilePath, target: FilePath, embedding: EmbeddingSettings, models_dir: Path) -> int:
    """Embed the chunks of a ChunkedDocument JSON and write them atomically to `target`; returns how many.

    The file is .npy: little-endian float32, C order, (chunks, dimension), rows of length 1 in the chunks' order; a
    document without chunks gives (0, dimension). Raises ConfigurationError (the model cannot be had or loaded),
    PermanentError (the model gives no usable vector).
    """
    texts = [chunk.embedded_text for chunk in files.read_model(chunks, ChunkedDocument).chunks]
    card = models.describe(embedding, models_dir)
    vectors = _encode(texts, card.document_prompt, embedding, models_dir, card.dimension)
    with files.atomic(target) as temporary, temporary.open("wb") as file:
        np.save(file, vectors, allow_pickle=False)
    return len(vectors)


def embed_queries(texts: Sequence[str], embedding: EmbeddingSettings, models_dir: Path) -> Vectors:
    """Unit vectors of questions, (texts, dimension); a question longer than the model's limit is cut off."""
    card = models.describe(embedding, models_dir)
    return _encode(texts, card.query_prompt, embedding, models_dir, card.dimension)


def _encode(
    texts: Sequence[str], prompt: str, embedding: EmbeddingSettings, models_dir: Path, dimension: int
) -> Vectors:
    if not texts:
        return np.empty((0, dimension), "<f4")
    model = load(embedding, models_dir)
    vectors = model.encode(
        list(texts),
        prompt=prompt,
        batch_size=1 if model.device.type == "cpu" else embedding.batch_size,
        normalize_embeddings=True,
        show_progress_bar=False,
    )
    result = np.ascontiguousarray(vectors, "<f4")
    if result.shape != (len(texts), dimension) or not np.isfinite(result).all():
        raise PermanentError("the embedding model gave vectors that cannot be stored: check the model", ErrorCode.MODEL)
    return result


@functools.cache
def load(embedding: EmbeddingSettings, models_dir: Path) -> SentenceTransformer:
    """The model, loaded once per process; logs so. Raises ConfigurationError."""
    folder = models.prepare(embedding, models_dir)
    import torch
    import transformers
    from sentence_transformers import SentenceTransformer

    transformers.utils.logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    logging.getLogger("sentence_transformers").setLevel(logging.WARNING)  # its messages name paths
    device = _device(embedding)
    if device == "cpu":
        torch.set_num_threads(1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = SentenceTransformer(
                str(folder), device=device, local_files_only=True, model_kwargs={"dtype": torch.float32}
            )
    except Exception as error:  # torch, transformers and safetensors each have errors of their own
        message = (
            f"the embedding model cannot be loaded ({type(error).__name__}): are its files whole, is memory short?"
        )
        raise ConfigurationError(message, ErrorCode.MODEL) from error
    log.info("embedding model loaded in process %d on %s", os.getpid(), device)
    return model.eval()


def _device(embedding: EmbeddingSettings) -> str:
    import torch

    has_gpu = torch.cuda.is_available()
    if embedding.device == "cuda" and not has_gpu:
        raise ConfigurationError("device = cuda, but torch sees no GPU: set [embedding] device to auto or cpu")
    return "cuda" if has_gpu and embedding.device != "cpu" else "cpu"
