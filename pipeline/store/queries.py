"""How a question is put to Qdrant: by meaning, by words, or by both, whose scores are fused.

Hybrid: the best candidates of each side, their scores brought to one scale by mean and standard deviation and added up
(distribution-based score fusion, https://qdrant.tech/documentation/concepts/hybrid-queries/). docs/retrieval.md has
what was measured against reciprocal ranks.
"""

from __future__ import annotations

from qdrant_client import models

from pipeline.schema import Method
from pipeline.store.points import SPARSE_VECTOR, VECTOR, Terms, Vectors, sparse

_CANDIDATES = 100  # of each side; their spread is what scores are scaled by, so a few would be too few


def request(  # noqa: PLR0913 - a request has as many parts
    method: Method,
    vector: Vectors,
    terms: Terms,
    top_k: int,
    fields: list[str],
    *,
    condition: models.Filter | None = None,
    params: models.SearchParams | None = None,
) -> models.QueryRequest:
    """The `top_k` best points for one question, with these payload fields. `vector` is float32 (dimension,).

    The condition stands with each side: of candidates that are fused first, a narrow one might leave nothing.
    `params` say how a server searches the vectors.
    """
    sides: dict[Method, models.Prefetch] = {
        Method.DENSE: models.Prefetch(query=vector.tolist(), using=VECTOR, filter=condition, params=params),
        Method.SPARSE: models.Prefetch(query=sparse(terms), using=SPARSE_VECTOR, filter=condition),
    }
    if method is not Method.HYBRID:
        only = sides[method]
        return models.QueryRequest(
            query=only.query,
            using=only.using,
            filter=condition,
            params=only.params,
            limit=top_k,
            with_payload=fields,
        )
    limit = max(_CANDIDATES, top_k)
    return models.QueryRequest(
        prefetch=[side.model_copy(update={"limit": limit}) for side in sides.values()],
        query=models.FusionQuery(fusion=models.Fusion.DBSF),
        limit=top_k,
        with_payload=fields,
    )
