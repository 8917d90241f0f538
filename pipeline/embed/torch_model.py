"""The embedding model in torch: loaded, and run one text at a time."""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pipeline.datadir.leftovers import private_folder
from pipeline.embedding_models.runtime import Runtime
from pipeline.errors import ConfigurationError, ErrorCode

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from torch import Tensor

log = logging.getLogger("pipeline.embed")
Vectors = npt.NDArray[np.float32]
_COMPILED = "TORCHINDUCTOR_CACHE_DIR"


@contextlib.contextmanager
def no_folder_for_compiled_code() -> Iterator[None]:
    """While sentence-transformers is imported: torch then makes a folder for what it compiles, in the place for
    temporary files, and leaves it there. Nothing is compiled here, so it gets one that is removed."""
    if _COMPILED in os.environ:
        yield
        return
    with private_folder() as folder:
        os.environ[_COMPILED] = str(folder)
        try:
            yield
        finally:
            del os.environ[_COMPILED]


def one_by_one(model: SentenceTransformer, texts: Iterable[str], prompt: str) -> Vectors:
    """What `model.encode(texts, prompt=prompt, batch_size=1, normalize_embeddings=True)` gives, without its overhead.

    In fp32 to the bit.
    """
    import torch

    with torch.inference_mode():
        vectors = [finish(model, model[0](prepare(model, [text], prompt))) for text in texts]
        return np.ascontiguousarray(torch.cat(vectors).cpu().numpy(), "<f4")


def transformer(model: SentenceTransformer) -> Any:
    """The module of `transformers` inside the first module; what its class is depends on the model."""
    return model[0].model


def prepare(model: SentenceTransformer, texts: list[str], prompt: str) -> dict[str, Any]:
    """The features of the first module, on the model's device: token ids, mask, what pooling needs of the prompt."""
    features = model.preprocess(texts, prompt=prompt or None)
    return {name: value.to(model.device) if hasattr(value, "to") else value for name, value in features.items()}


def finish(model: SentenceTransformer, features: dict[str, Any]) -> Tensor:
    """From the first module's output to unit vectors, (texts, dimension) float32: pooling and what follows it.

    Always in float32: sums over hundreds of tokens need it, and it costs nothing beside the transformer.
    """
    import torch

    features["token_embeddings"] = features["token_embeddings"].float()
    for module in list(model)[1:]:
        features = module(features)
    return torch.nn.functional.normalize(features["sentence_embedding"], p=2, dim=1)


@functools.cache
def load_once(folder: Path, runtime: Runtime) -> SentenceTransformer:
    """A model's folder in memory, whatever path led to it. Raises ConfigurationError."""
    if runtime.device == "cuda":
        os.environ["TOKENIZERS_PARALLELISM"] = "true"  # one process feeds the GPU: it may use every core
    model = load_torch(folder, runtime)
    log.info("embedding model loaded in process %d on %s (%s)", os.getpid(), runtime.device, runtime.identity)
    return model


def load_torch(folder: Path, runtime: Runtime) -> SentenceTransformer:
    """A model in the runtime's precision, whatever its backend. Raises ConfigurationError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _load(folder, runtime)
    except Exception as error:  # torch, transformers and safetensors each have errors of their own
        message = (
            f"the embedding model cannot be loaded ({type(error).__name__}): are its files whole, is memory short?"
        )
        raise ConfigurationError(message, ErrorCode.MODEL) from error


def _load(folder: Path, runtime: Runtime) -> SentenceTransformer:
    import torch

    with no_folder_for_compiled_code():
        import transformers
        from sentence_transformers import SentenceTransformer

    transformers.utils.logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    logging.getLogger("sentence_transformers").setLevel(logging.WARNING)  # its messages name paths
    if runtime.device == "cpu":
        torch.set_num_threads(1)
    weights = {"fp16": torch.float16, "bf16": torch.bfloat16}.get(runtime.precision, torch.float32)
    model = SentenceTransformer(
        str(folder), device=runtime.device, local_files_only=True, model_kwargs={"dtype": weights}
    )
    for module in list(model)[1:]:
        module.float()
    return model.eval()
