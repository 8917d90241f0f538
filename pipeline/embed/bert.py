"""A BERT encoder in plain torch, on a CPU: to the bit what sentence-transformers gives, in a quarter of its start.

Importing sentence-transformers, and transformers with it, takes longer than most documents. Only models of which every
setting is known here (`fits`) go this way.
"""

from __future__ import annotations

import functools
import json
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.embed.single import SingleEncoder, tokenizer
from pipeline.embed.torch_model import as_configuration_error
from pipeline.embedding_models import ModelCard, Runtime

if TYPE_CHECKING:
    from torch import Tensor

log = logging.getLogger("pipeline.embed")
_WEIGHTS = "model.safetensors"
_MODULES = ["Transformer", "Pooling", "Normalize"]
_EMBEDDINGS = tuple(f"embeddings.{name}_embeddings.weight" for name in ("word", "token_type", "position"))


class _Shape(NamedTuple):
    layers: int
    heads: int
    epsilon: float


@functools.cache
def load_once(card: ModelCard, runtime: Runtime) -> SingleEncoder | None:
    """The model in memory, loaded once per process; None when it is not one for this module. Raises
    ConfigurationError."""
    if not fits(card.folder, runtime):
        return None
    with as_configuration_error():
        encoder = SingleEncoder(_session(card.folder, runtime), tokenizer(card))
    log.info("embedding model loaded in process %d on cpu (%s)", os.getpid(), runtime.identity)
    return encoder


def fits(folder: Path, runtime: Runtime) -> bool:
    """Whether the model in the folder does nothing that is not done here, and its tokenizer.json is used as it is."""
    config, limits = _read(folder, "config.json"), _read(folder, "sentence_bert_config.json")
    words = _read(folder, "tokenizer_config.json")
    return (
        runtime.device == "cpu"
        and config.get("model_type") == "bert"
        and config.get("hidden_act") == "gelu"
        and config.get("position_embedding_type", "absolute") == "absolute"
        and not config.get("is_decoder")
        and not config.get("quantization_config")
        and [module["type"].rpartition(".")[2] for module in _read(folder, "modules.json")] == _MODULES
        and _pools_means(folder)
        and limits.keys() <= {"max_seq_length", "do_lower_case"}
        and not limits.get("do_lower_case")
        and words.get("tokenizer_class") == "PreTrainedTokenizerFast"
        and words.get("truncation_side", "right") == "right"
        and _has_weights(folder, config["num_hidden_layers"])
    )


def _pools_means(folder: Path) -> bool:
    path = _read(folder, "modules.json")[1]["path"]
    config = _read(folder / path, "config.json")
    modes = {key for key, value in config.items() if key.startswith("pooling_mode") and value}
    is_mean = modes == {"pooling_mode_mean_tokens"} or (modes == {"pooling_mode"} and config["pooling_mode"] == "mean")
    return is_mean and bool(config.get("include_prompt", True))


def _has_weights(folder: Path, layers: int) -> bool:
    """Whether all are in one file under the names that are used here; damaged ones are for others to complain of."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(folder / _WEIGHTS), "np") as file:
            return set(_names(layers)) <= set(file.keys())
    except (OSError, SafetensorError):
        return False


def _names(layers: int) -> list[str]:
    parts = [f"attention.self.{name}" for name in ("query", "key", "value")]
    parts += ["attention.output.dense", "attention.output.LayerNorm"]
    parts += ["intermediate.dense", "output.dense", "output.LayerNorm"]
    stems = ["embeddings.LayerNorm", *(f"encoder.layer.{n}.{part}" for n in range(layers) for part in parts)]
    return [*_EMBEDDINGS, *(f"{stem}.{kind}" for stem in stems for kind in ("weight", "bias"))]


def _session(folder: Path, runtime: Runtime) -> Any:
    import torch
    from safetensors import safe_open

    torch.set_num_threads(1)
    config = _read(folder, "config.json")
    shape = _Shape(config["num_hidden_layers"], config["num_attention_heads"], config.get("layer_norm_eps", 1e-12))
    dtype = torch.bfloat16 if runtime.precision == "bf16" else torch.float32
    with safe_open(str(folder / _WEIGHTS), "pt") as file:
        weights = {name: file.get_tensor(name).to(dtype) for name in _names(shape.layers)}

    def vector(ids: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        with torch.inference_mode():
            states = _states(weights, shape, torch.from_numpy(ids))
            return _unit_mean(states.float()).numpy()

    return vector


def _states(weights: dict[str, Tensor], shape: _Shape, ids: Tensor) -> Tensor:
    """(1, tokens) ids -> (1, tokens, dimension), in the order of operations of `transformers.BertModel`."""
    import torch
    from torch.nn import functional

    def dense(states: Tensor, name: str) -> Tensor:
        return functional.linear(states, weights[f"{name}.weight"], weights[f"{name}.bias"])

    def norm(states: Tensor, name: str) -> Tensor:
        size = (states.shape[-1],)
        return functional.layer_norm(states, size, weights[f"{name}.weight"], weights[f"{name}.bias"], shape.epsilon)

    positions = torch.arange(ids.shape[1])[None]
    words, types, places = (
        functional.embedding(which, weights[name])
        for which, name in zip((ids, torch.zeros_like(ids), positions), _EMBEDDINGS, strict=True)
    )
    states = norm(words + types + places, "embeddings.LayerNorm")
    for layer in (f"encoder.layer.{number}" for number in range(shape.layers)):
        projected = (dense(states, f"{layer}.attention.self.{name}") for name in ("query", "key", "value"))
        query, key, value = (each.view(1, ids.shape[1], shape.heads, -1).transpose(1, 2) for each in projected)
        seen = functional.scaled_dot_product_attention(query, key, value).transpose(1, 2).reshape(states.shape)
        states = norm(dense(seen, f"{layer}.attention.output.dense") + states, f"{layer}.attention.output.LayerNorm")
        inner = functional.gelu(dense(states, f"{layer}.intermediate.dense"))
        states = norm(dense(inner, f"{layer}.output.dense") + states, f"{layer}.output.LayerNorm")
    return states


def _unit_mean(states: Tensor) -> Tensor:
    """The mean over the tokens, of length 1. Twice, as there are a Normalize module and `torch_model.finish`: the last
    bits differ."""
    from torch.nn import functional

    mean = states.sum(1) / states.shape[1]
    return functional.normalize(functional.normalize(mean, p=2, dim=1), p=2, dim=1)


def _read(folder: Path, name: str) -> Any:
    path = folder / name
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
