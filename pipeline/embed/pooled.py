"""Encodes a pool of texts in large batches: tokenised ahead of the GPU, by falling length, packed to a token budget."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from pipeline.embed import torch_model
from pipeline.embed.packed import Packing

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_GROUP = 256  # texts tokenised by one call: enough for every core, few enough to be ready before the GPU is
_UNPADDED = {"text": {"padding": False}, "common": {"return_tensors": None}}  # padded tensors cost more than the ids


@dataclass(frozen=True)
class Tokens:
    """One text as token ids, and its place among the texts."""

    index: int
    ids: torch.Tensor
    """1-d, on the CPU, without padding"""
    prompt_length: int | None


def encode(
    model: SentenceTransformer, texts: Sequence[str], prompt: str, batch_tokens: int, packing: Packing | None
) -> torch_model.Vectors:
    """Unit vectors, (texts, dimension) float32, in the texts' order.

    A batch holds at most `batch_tokens` tokens, padding included where there is no `packing`; a longer text is a
    batch of its own. A batch that does not fit the GPU's memory is halved.
    """
    order: list[int] = []
    vectors: list[torch.Tensor] = []

    def run(batch: list[Tokens]) -> torch.Tensor:
        return _packed(packing, batch) if packing else _padded(model, batch)

    with torch.inference_mode():
        for batch in _batches(_tokenised(model, texts, prompt), batch_tokens, packing is None):
            vectors += _halving(run, batch)
            order += [sequence.index for sequence in batch]
        found = torch.cat(vectors).cpu().numpy()  # the first wait for the GPU: it always has the next batch queued
    result = np.empty(found.shape, "<f4")
    result[order] = found
    return result


def _packed(packing: Packing, batch: list[Tokens]) -> torch.Tensor:
    return packing.vectors([sequence.ids for sequence in batch], batch[0].prompt_length)


def _padded(model: SentenceTransformer, batch: list[Tokens]) -> torch.Tensor:
    sequences = [sequence.ids for sequence in batch]
    filler = getattr(model.tokenizer, "pad_token_id", None) or 0
    mask = torch.nn.utils.rnn.pad_sequence([torch.ones_like(ids) for ids in sequences], batch_first=True)
    features = {
        "input_ids": torch.nn.utils.rnn.pad_sequence(sequences, batch_first=True, padding_value=filler),
        "attention_mask": mask,
    }
    moved = {name: value.to(model.device, non_blocking=True) for name, value in features.items()}
    length = batch[0].prompt_length
    return torch_model.finish(
        model, model[0]({**moved, "modality": "text", **({} if length is None else {"prompt_length": length})})
    )


def _halving(run: Callable[[list[Tokens]], torch.Tensor], batch: list[Tokens]) -> list[torch.Tensor]:
    try:
        return [run(batch)]
    except torch.OutOfMemoryError:
        if len(batch) == 1:
            raise
    torch.cuda.empty_cache()
    middle = len(batch) // 2
    return _halving(run, batch[:middle]) + _halving(run, batch[middle:])


def _batches(sequences: Iterator[Tokens], budget: int, is_padded: bool) -> Iterator[list[Tokens]]:
    batch: list[Tokens] = []
    longest = total = 0
    for sequence in sequences:
        length = len(sequence.ids)
        cost = max(longest, length) * (len(batch) + 1) if is_padded else total + length
        if batch and cost > budget:
            yield batch
            batch, longest, total = [], 0, 0
        batch.append(sequence)
        longest, total = max(longest, length), total + length
    if batch:
        yield batch


def _tokenised(model: SentenceTransformer, texts: Sequence[str], prompt: str) -> Iterator[Tokens]:
    """The texts by falling length; a thread tokenises on while the reader is at work."""
    order = sorted(range(len(texts)), key=lambda index: -len(texts[index]))
    groups = [order[begin : begin + _GROUP] for begin in range(0, len(order), _GROUP)]
    with ThreadPoolExecutor(1) as thread:
        for group in thread.map(lambda group: _tokenise(model, texts, group, prompt), groups):
            yield from sorted(group, key=lambda tokens: -len(tokens.ids))


def _tokenise(model: SentenceTransformer, texts: Sequence[str], group: list[int], prompt: str) -> list[Tokens]:
    features = model.preprocess([texts[index] for index in group], prompt=prompt or None, processing_kwargs=_UNPADDED)
    prompt_length: Any = features.get("prompt_length")
    rows = zip(group, features["input_ids"], strict=True)
    return [Tokens(index, torch.tensor(ids), prompt_length) for index, ids in rows]
