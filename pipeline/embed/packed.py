"""Runs many sequences as one row without padding: attention looks at each sequence on its own. For GPUs.

Whether an architecture can do so is tried out, never assumed: see `for_model`.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from transformers import AttentionInterface

from pipeline.embed import torch_model

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

log = logging.getLogger("pipeline.embed")
_NAME = "packed"
_MIN_COSINE = 0.9999
_CHANGES_ATTENTION = ("sliding_window", "softcap", "position_bias", "s_aux")
_PROBES = tuple("Prazo da matrícula. The library opens on Saturdays." + " texto de prova" * n for n in (0, 9, 40, 170))


class _Attention:
    """Attention within sequences that stand one after the other in a row; registered once, told each row's bounds."""

    def __init__(self) -> None:
        self.bounds: list[int] = []
        self.cumulative = torch.empty(0, dtype=torch.int32)
        self.longest = 0

    def set(self, lengths: Sequence[int], device: torch.device) -> None:
        self.bounds = [0, *itertools.accumulate(lengths)]
        self.cumulative = torch.tensor(self.bounds, dtype=torch.int32).to(device, non_blocking=True)
        self.longest = max(lengths)

    def __call__(
        self, module: torch.nn.Module, *given: torch.Tensor | None, scaling: float | None = None, **options: Any
    ) -> tuple[torch.Tensor, None]:
        """Query, key, value, each (1, heads, tokens, size), and mask -> (1, tokens, heads, size)."""
        query, key, value, mask = given
        assert query is not None and key is not None and value is not None  # noqa: S101 - tells mypy the interface
        unknown = any(options.get(name) is not None for name in _CHANGES_ATTENTION)
        if unknown or mask is not None or getattr(module, "is_causal", False) or key.shape != query.shape:
            raise NotImplementedError("only full attention with as many key as query heads")
        if self.bounds[-1:] != [query.shape[2]]:
            raise ValueError("the row's sequences are not known")
        rows = [tensor[0].transpose(0, 1) for tensor in (query, key, value)]
        attend = _varlen() if query.is_cuda else None
        if attend is None:
            return self._one_by_one(rows, scaling), None
        rows = [row.contiguous() for row in rows]
        return attend(*rows, self.cumulative, self.cumulative, self.longest, self.longest, scale=scaling)[None], None

    def _one_by_one(self, rows: list[torch.Tensor], scaling: float | None) -> torch.Tensor:
        parts = []
        for begin, end in itertools.pairwise(self.bounds):
            query, key, value = (row[None, begin:end].transpose(1, 2) for row in rows)
            part = torch.nn.functional.scaled_dot_product_attention(query, key, value, scale=scaling)
            parts.append(part.transpose(1, 2))
        return torch.cat(parts, dim=1)


_ATTENTION = _Attention()
AttentionInterface.register(_NAME, _ATTENTION)


@dataclass(frozen=True)
class Packing:
    """What a model needs for packed rows besides the attention."""

    model: SentenceTransformer
    first_position: int

    def vectors(self, sequences: Sequence[torch.Tensor], prompt_length: int | None = None) -> torch.Tensor:
        """Unit vectors, (sequences, dimension) float32, of token ids (1-d, on the CPU)."""
        lengths = [len(ids) for ids in sequences]
        device = self.model.device
        _ATTENTION.set(lengths, device)
        positions = torch.cat([torch.arange(length) for length in lengths])
        row = torch.cat(list(sequences))[None]
        output = torch_model.transformer(self.model)(
            input_ids=_moved(row, device), position_ids=_moved(positions + self.first_position, device)[None]
        )
        return self._finish(output.last_hidden_state[0], positions, lengths, prompt_length)

    def _finish(
        self, tokens: torch.Tensor, positions: torch.Tensor, lengths: list[int], prompt_length: int | None
    ) -> torch.Tensor:
        """The modules after the transformer know padded sequences only, and padding costs them nothing to speak of."""
        longest, count = max(lengths), len(lengths)
        places = positions + torch.repeat_interleave(torch.arange(count) * longest, torch.tensor(lengths))
        padded = tokens.new_zeros(count * longest, tokens.shape[-1])
        padded[_moved(places, tokens.device)] = tokens
        mask = torch.arange(longest)[None] < torch.tensor(lengths)[:, None]
        features: dict[str, Any] = {
            "token_embeddings": padded.view(count, longest, -1),
            "attention_mask": _moved(mask.long(), tokens.device),
            "modality": "text",
        }
        if prompt_length is not None:
            features["prompt_length"] = prompt_length
        return torch_model.finish(self.model, features)


def for_model(model: SentenceTransformer) -> Packing | None:
    """The model's packing, with its attention exchanged; None, and the model as it was, when it cannot be packed.

    Accepted when a few texts of very different lengths give, packed into one row, the vectors that they give alone
    in the same precision: cosine 0.9999 or more.
    """
    if model.device.type == "cuda" and _varlen() is None:
        return None
    alone = torch.from_numpy(torch_model.one_by_one(model, _PROBES, ""))
    transformer = torch_model.transformer(model)
    before = transformer.config._attn_implementation
    packing = Packing(model, _first_position(transformer))
    try:
        transformer.set_attn_implementation(_NAME)
        if _cosine(packing, alone) >= _MIN_COSINE:
            return packing
    except Exception as error:  # whatever an unknown architecture trips over means the same
        log.debug("packing: %s", type(error).__name__, exc_info=True)
    transformer.set_attn_implementation(before)
    return None


def _cosine(packing: Packing, alone: torch.Tensor) -> float:
    with torch.inference_mode():
        sequences = [packing.model.preprocess([text])["input_ids"][0] for text in _PROBES]
        return float((packing.vectors(sequences).cpu() * alone).sum(dim=1).min())


def _first_position(transformer: torch.nn.Module) -> int:
    """RoBERTa's family counts positions from after the padding's id, all others from 0."""
    for module in transformer.modules():
        padding = getattr(module, "padding_idx", None)
        if isinstance(padding, int) and isinstance(getattr(module, "position_embeddings", None), torch.nn.Embedding):
            return padding + 1
    return 0


def _varlen() -> Callable[..., Any] | None:
    try:
        from torch.nn.attention.varlen import varlen_attn
    except ImportError:  # torch before 2.10
        return None
    return varlen_attn


def _moved(tensor: torch.Tensor, device: torch.device) -> torch.Tensor:
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor
