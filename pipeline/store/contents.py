"""All that a collection holds, point by point: listed, proven, and compared with what it should hold.

Importing it loads the Qdrant library. What readers ask of a collection is in `pipeline.store.reader`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from qdrant_client import models

from pipeline.store.differences import Difference, PointProof
from pipeline.store.points import SPARSE_VECTOR, VECTOR
from pipeline.store.proof import prove
from pipeline.store.reader import Reader
from pipeline.store.requests import call
from pipeline.store.tally import Listed, Tally, Wanted

DOCUMENTS_A_FILTER = 500
_SCROLL_POINTS = 4096
_PROVEN_POINTS = 256  # of a server, a few MB
_PROVEN_LOCAL_POINTS = 2048  # local mode sorts all its points for each page


def theirs(document_ids: Sequence[str]) -> models.Filter:
    """All points of these documents."""
    some = models.MatchAny(any=list(document_ids))
    return models.Filter(must=[models.FieldCondition(key="document_id", match=some)])


def _proof(record: models.Record, payload: dict[str, Any]) -> PointProof:
    """Of a point as it is; one that lacks what ours have proves nothing, and so differs from any of ours."""
    vectors = record.vector if isinstance(record.vector, dict) else {}
    dense, terms = vectors.get(VECTOR), vectors.get(SPARSE_VECTOR)
    sparse = terms if isinstance(terms, models.SparseVector) else models.SparseVector(indices=[], values=[])
    return prove(payload, np.array(dense or [], dtype=np.float32), sparse.indices, sparse.values)


class Contents(Reader):
    """A collection whose points are gone through. Every method raises what `pipeline.store.requests.call` raises."""

    def listed(self) -> Iterator[Listed]:
        """Every point, by what its payload says of it; none when there is no collection."""
        fields = ["document_id", "content_version", "chunk_index"]
        for record in self._records(None, limit=_SCROLL_POINTS, with_payload=fields):
            said = record.payload or {}  # a point of somebody else's may lack all three
            document_id, version = str(said.get("document_id", "")), str(said.get("content_version", ""))
            yield document_id, version, int(said.get("chunk_index", -1))

    def _records(self, condition: models.Filter | None, **how: Any) -> Iterator[models.Record]:
        if not self.exists():
            return
        offset: Any = None
        while True:
            records, offset = call(self._client.scroll, self.collection, scroll_filter=condition, offset=offset, **how)
            yield from records
            if offset is None:
                return

    def proofs(self, document_ids: Sequence[str] | None = None) -> Iterator[tuple[str, int, PointProof]]:
        """Document id, slot and proof of every point that is really there, or of those of some documents."""
        if document_ids is None:
            yield from self._proofs(None)
            return
        for start in range(0, len(document_ids), DOCUMENTS_A_FILTER):
            yield from self._proofs(theirs(document_ids[start : start + DOCUMENTS_A_FILTER]))

    def _proofs(self, condition: models.Filter | None) -> Iterator[tuple[str, int, PointProof]]:
        limit = _PROVEN_LOCAL_POINTS if self.is_local else _PROVEN_POINTS
        for record in self._records(condition, limit=limit, with_payload=True, with_vectors=True):
            payload = record.payload or {}
            yield str(payload.get("document_id", "")), int(payload.get("chunk_index", -1)), _proof(record, payload)

    def differences(self, wanted: Wanted) -> list[Difference]:
        """How the collection differs from `(document id, (content version, number of chunks))` of each document; empty
        proves that they are there, all of their chunks in this version, and no other point."""
        tally, points = Tally(wanted), self.listed()
        while page := list(itertools.islice(points, _SCROLL_POINTS)):
            tally.add(page)
        return tally.differences(self.count())
