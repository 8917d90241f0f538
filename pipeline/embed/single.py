"""Encodes one text at a time with a loaded model that knows no padding: every vector is free of its neighbours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pipeline import embedding_models

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Session = Callable[[npt.NDArray[np.int64]], npt.NDArray[np.float32]]


@dataclass(frozen=True)
class SingleEncoder:
    """A model that takes the token ids of one text."""

    session: Session
    """(1, tokens) ids -> (1, dimension) unit vector"""
    tokenizer: Tokenizer

    def encode(self, texts: Sequence[str], prompt: str) -> npt.NDArray[np.float32]:
        """Unit vectors, (texts, dimension) float32; at least one text."""
        ids = (np.array([self.tokenizer.encode(prompt + text).ids], np.int64) for text in texts)
        return np.ascontiguousarray(np.concatenate([self.session(row) for row in ids]), "<f4")


def tokenizer(card: embedding_models.ModelCard) -> Tokenizer:
    """The model's own, cutting off what is longer than the model's limit."""
    from tokenizers import Tokenizer

    found = Tokenizer.from_str(embedding_models.tokenizer(card.folder).to_str())
    found.enable_truncation(card.max_tokens)
    return found
