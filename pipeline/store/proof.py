"""What proves that a stored point is the one that was written. Makes no request.

Payload and terms are compared by their digest. Qdrant normalises dense vectors again, which may move a last bit, so of
these a sketch is kept: a few random projections, which no other vector shares.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.store.differences import PointProof

_PROJECTIONS = 4
_MOMENT = "processing_timestamp"  # two hosts may store the same document, each at its own time
_SEED = 0  # all that is published depends on it: never change it


def prove(
    payload: Mapping[str, Any], vector: NDArray[np.float32], indices: Sequence[int], values: Sequence[float]
) -> PointProof:
    """Proof of a point: its payload as JSON, its dense vector, float32 of shape (dimension,), and its terms."""
    terms = np.array(indices, dtype=np.uint32), np.array(values, dtype=np.float32)
    order = np.argsort(terms[0])
    lasting = {field: value for field, value in payload.items() if field != _MOMENT}
    said = json.dumps(lasting, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8", "replace")
    digest = hashlib.blake2b(said, digest_size=8)
    for part in terms:
        digest.update(part[order].tobytes())
    return PointProof(digest=digest.digest(), sketch=_sketch(vector))


def _sketch(vector: NDArray[np.float32]) -> tuple[float, float, float, float]:
    length = float(np.linalg.norm(vector.astype(np.float64)))
    projected = _signs(len(vector)) @ (vector.astype(np.float64) / (length or 1.0))
    one, two, three, four = map(float, projected)
    return one, two, three, four


@functools.cache
def _signs(dimension: int) -> NDArray[np.float64]:
    """Rows of random signs, shape (projections, dimension)."""
    return np.random.default_rng(_SEED).choice((-1.0, 1.0), size=(_PROJECTIONS, dimension))
