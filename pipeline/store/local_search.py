"""Searches sparse vectors in Qdrant's local mode by an inverted index, in the place of a loop over all points.

qdrant-client 1.20 compares every point in Python, 45 us each: half a second at 10,000 points. The scores are the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from qdrant_client.http.models import SparseVector
from qdrant_client.local import local_collection

_Postings = dict[int, tuple[NDArray[np.int64], NDArray[np.float32]]]


class InvertedIndex:
    """Remembers where each term stands in the list of vectors that it saw last."""

    def __init__(self) -> None:
        self._latest: tuple[list[SparseVector], _Postings] = [], {}

    def scores(self, query: SparseVector, vectors: Sequence[SparseVector]) -> NDArray[np.float32]:
        """Dot products, -inf where query and vector share no term; float32 of shape (len(vectors),)."""
        seen, postings = self._latest  # one look: another thread may search another collection meanwhile
        if seen != vectors:  # lists compare their members by identity first: 0.1 ms for 10,000
            postings = _postings(vectors)
            self._latest = list(vectors), postings
        total = np.zeros(len(vectors), dtype=np.float64)
        shared = np.zeros(len(vectors), dtype=bool)
        for index, weight in zip(query.indices, query.values, strict=True):
            positions, values = postings.get(index, (np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)))
            total[positions] += weight * values
            shared[positions] = True
        return np.where(shared, total, -np.inf).astype(np.float32)


def _postings(vectors: Sequence[SparseVector]) -> _Postings:
    positions: dict[int, list[int]] = defaultdict(list)
    values: dict[int, list[float]] = defaultdict(list)
    for position, vector in enumerate(vectors):
        for index, value in zip(vector.indices, vector.values, strict=True):
            positions[index].append(position)
            values[index].append(value)
    return {index: (np.array(found), np.array(values[index])) for index, found in positions.items()}


def install() -> None:
    """Have local mode use it from now on, in this process."""
    setattr(local_collection, "calculate_distance_sparse", InvertedIndex().scores)  # noqa: B010 - it is not exported
