"""Searching local mode quickly gives what searching it slowly gives."""

from __future__ import annotations

import numpy as np
from qdrant_client.http.models import SparseVector
from qdrant_client.local.sparse_distances import calculate_distance_sparse

from pipeline.store.local_search import InvertedIndex


def random_vectors(count: int, seed: int) -> list[SparseVector]:
    random = np.random.default_rng(seed)
    found = [sorted(set(random.integers(0, 200, random.integers(0, 30)).tolist())) for _ in range(count)]
    return [SparseVector(indices=some, values=random.random(len(some)).tolist()) for some in found]


def test_the_scores_are_those_of_qdrant_s_own_loop() -> None:
    vectors, index = random_vectors(300, 1), InvertedIndex()
    for query in random_vectors(20, 2):
        assert np.allclose(index.scores(query, vectors), calculate_distance_sparse(query, vectors), rtol=1e-5)


def test_what_was_written_since_the_last_question_counts() -> None:
    vectors, index = random_vectors(50, 3), InvertedIndex()
    query = SparseVector(indices=[7], values=[1.0])
    index.scores(query, vectors)
    vectors[10] = SparseVector(indices=[7], values=[9.0])
    vectors.append(SparseVector(indices=[7], values=[8.0]))
    scores = index.scores(query, vectors)
    assert (scores[10], scores[50]) == (9.0, 8.0)
