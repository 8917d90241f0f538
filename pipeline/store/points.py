"""The shape of a Qdrant point, and a document's chunks as points in batches that a request can carry."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from qdrant_client import models

from pipeline.errors import ErrorCode, PermanentError
from pipeline.schema import point_id
from pipeline.sparse import sparse_vector
from pipeline.store.differences import PointProof
from pipeline.store.nic_schema import Payload
from pipeline.store.proof import prove

Vectors = NDArray[np.float32]
Terms = Mapping[str, float]
"""A text's terms and their weights."""
VECTOR = "dense"
SPARSE_VECTOR = "sparse"
_INDEXED_FIELDS = {
    models.PayloadSchemaType.KEYWORD: "document_id content_version file_path file_extension document_type category "
    "subcategory tags status language author gitlab_commit",
    models.PayloadSchemaType.BOOL: "is_latest ocr_applied",
    models.PayloadSchemaType.INTEGER: "chunk_index page_count",
    models.PayloadSchemaType.FLOAT: "text_coverage",
    models.PayloadSchemaType.DATETIME: "created_date modified_date effective_date expiration_date",
}
INDEXES = {field: kind for kind, fields in _INDEXED_FIELDS.items() for field in fields.split()}
"""Payload fields that readers filter on, each with the kind of its index."""
_REQUEST_BYTES = 16_000_000  # the server's limit is 32 MiB; one request for all but the longest documents
_BYTES_PER_FLOAT = 22  # of JSON, at most


def point_batches(
    document_id: str, payloads: Sequence[Payload], vectors: Vectors, terms: Sequence[Terms]
) -> Iterator[list[models.PointStruct]]:
    """Points in slot order, as many at a time as a request carries: about 16 MB.

    `vectors` is float32 of shape (len(payloads), dimension), `terms` as long. Raises PermanentError (MODEL) when it
    is not.
    """
    if not len(vectors) == len(payloads) == len(terms) or not np.isfinite(vectors).all():
        raise PermanentError("the document's embeddings do not fit its chunks; embed it again", ErrorCode.MODEL)
    batch: list[models.PointStruct] = []
    batch_bytes = 0
    for slot, (payload, vector, weights) in enumerate(zip(payloads, vectors, terms, strict=True)):
        stored = payload.as_json()
        size_bytes = len(json.dumps(stored)) + (len(vector) + 2 * len(weights)) * _BYTES_PER_FLOAT
        if batch and batch_bytes + size_bytes > _REQUEST_BYTES:
            yield batch
            batch, batch_bytes = [], 0
        named: dict[str, models.Vector] = {VECTOR: vector.tolist(), SPARSE_VECTOR: sparse(weights)}
        batch.append(models.PointStruct(id=point_id(document_id, slot), vector=named, payload=stored))
        batch_bytes += size_bytes
    if batch:
        yield batch


def proofs(payloads: Sequence[Payload], vectors: Vectors, terms: Sequence[Terms]) -> tuple[PointProof, ...]:
    """What `point_batches` writes, proven slot by slot. `vectors` is float32 of shape (len(payloads), dimension)."""
    return tuple(
        prove(payload.as_json(), vector, *sparse_vector(weights))
        for payload, vector, weights in zip(payloads, vectors, terms, strict=True)
    )


def sparse(terms: Terms) -> models.SparseVector:
    """Words and weights as Qdrant takes them."""
    indices, values = sparse_vector(terms)
    return models.SparseVector(indices=indices, values=values)
