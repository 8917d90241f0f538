"""A cross-encoder reads question and hit together: slower than vectors, and a better judge of the few best."""

from __future__ import annotations

import functools
import logging
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.embed.torch_model import no_folder_for_compiled_code
from pipeline.errors import ConfigurationError, ErrorCode
from pipeline.search.hits import Hit, rank
from pipeline.settings.sections import Settings

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder


def rerank(question: str, hits: Sequence[Hit], settings: Settings) -> list[Hit]:
    """The hits in the order, and with the scores, that `[search] reranker` gives them. It reads headings and text.

    Raises ConfigurationError when it cannot be loaded.
    """
    if not hits:
        return []
    model = _load(settings.search.reranker, settings.embedding.device)
    pairs = [(question, "\n".join((*hit.headings, hit.text))) for hit in hits]
    scores = model.predict(pairs, show_progress_bar=False, convert_to_numpy=True)
    return sorted(
        (hit.model_copy(update={"score": round(float(score), 6)}) for hit, score in zip(hits, scores, strict=True)),
        key=rank,
    )


@functools.cache
def _load(name: str, device: str) -> CrossEncoder:
    """Loaded once per process."""
    with no_folder_for_compiled_code():
        from sentence_transformers import CrossEncoder

    logging.getLogger("sentence_transformers").setLevel(logging.WARNING)  # its messages name paths
    folder = Path(name).expanduser()
    source = str(folder) if folder.is_dir() else name
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model: CrossEncoder = CrossEncoder(source, device=None if device == "auto" else device)
    except Exception as error:  # torch, transformers and the hub each have errors of their own
        raise ConfigurationError(
            f"[search] reranker cannot be loaded ({type(error).__name__}): is its name right, is it a folder or in "
            "the hub's cache, is memory short?",
            ErrorCode.MODEL,
        ) from error
    if model.num_labels != 1:
        raise ConfigurationError("[search] reranker gives several scores for a hit: name a model that gives one")
    return model
