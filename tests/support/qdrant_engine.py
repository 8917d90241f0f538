"""Qdrant's own segment engine (qdrant-edge-py) behind the client's interface, for what local mode only imitates.

It keeps collections, aliases and settings where local mode keeps them; points, filters, IDF, fusion and facets are the
engine's, which a server runs too. Known of 0.9.0: a filter on a boolean field matches nothing.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import qdrant_edge as edge
from qdrant_client import QdrantClient
from qdrant_client.http import models as rest

# every index is flushed to the disk; memory has none to wait for
_MEMORY = next((folder for folder in ("/dev/shm",) if os.access(folder, os.W_OK)), None)  # noqa: S108
_INDEXING_THRESHOLD_KB = 10  # so that a test of a few thousand points has a graph
_DISTANCES = {rest.Distance.COSINE: edge.Distance.Cosine}
_SCHEMAS = {kind: getattr(edge.PayloadSchemaType, kind.value.capitalize()) for kind in rest.PayloadSchemaType}


class Engine(QdrantClient):
    """Every collection is a shard in a temporary folder of its own."""

    def __init__(self) -> None:
        super().__init__(":memory:")
        self._folder = tempfile.TemporaryDirectory(prefix="qdrant-engine-", dir=_MEMORY)
        self._shards: dict[str, edge.EdgeShard] = {}
        self._lock = threading.RLock()  # a shard is of one thread at a time

    def close(self, *args: Any, **kwargs: Any) -> None:
        for shard in self._shards.values():
            shard.close()
        self._folder.cleanup()
        super().close(*args, **kwargs)

    def create_collection(self, collection_name: str, *args: Any, **kwargs: Any) -> bool:
        created = super().create_collection(collection_name, *args, **kwargs)
        dense = {
            name: edge.EdgeVectorParams(size=params.size, distance=_DISTANCES[params.distance])
            for name, params in kwargs["vectors_config"].items()
        }
        modifier = edge.Modifier.Idf
        sparse = {name: edge.EdgeSparseVectorParams(modifier=modifier) for name in kwargs["sparse_vectors_config"]}
        folder = Path(self._folder.name, collection_name)
        folder.mkdir()
        config = edge.EdgeConfig(
            vectors=dense,
            sparse_vectors=sparse,
            hnsw_config=_graph(kwargs.get("hnsw_config")),
            quantization_config=_quantization(kwargs.get("quantization_config")),
            optimizers=edge.EdgeOptimizersConfig(indexing_threshold=_INDEXING_THRESHOLD_KB),
        )
        self._shards[collection_name] = edge.EdgeShard.create(str(folder), config)
        return created

    def optimise(self, collection_name: str) -> int:
        """Build the graph, which a server does by itself; returns how many vectors are in it."""
        with self._lock:
            shard = self._shard(collection_name)
            shard.optimize()
            return int(shard.info().indexed_vectors_count)

    def delete_collection(self, collection_name: str, *args: Any, **kwargs: Any) -> bool:
        if shard := self._shards.pop(collection_name, None):
            shard.close()
        return super().delete_collection(collection_name, *args, **kwargs)

    def create_payload_index(self, collection_name: str, field_name: str, field_schema: Any = None, **_: Any) -> Any:
        self._update(collection_name, edge.UpdateOperation.create_field_index(field_name, _SCHEMAS[field_schema]))

    def batch_update_points(self, collection_name: str, update_operations: Sequence[Any], **_: Any) -> Any:
        for operation in update_operations:
            self._update(collection_name, self._operation(operation))
        return [rest.UpdateResult(status=rest.UpdateStatus.COMPLETED) for _ in update_operations]

    def count(self, collection_name: str, count_filter: Any = None, **_: Any) -> rest.CountResult:
        with self._lock:
            request = edge.CountRequest(exact=True, filter=self._filter(count_filter))
            return rest.CountResult(count=self._shard(collection_name).count(request))

    def scroll(self, collection_name: str, scroll_filter: Any = None, limit: int = 10, **how: Any) -> Any:
        request = edge.ScrollRequest(
            offset=how.get("offset"),
            limit=limit,
            filter=self._filter(scroll_filter),
            with_payload=_selected(how.get("with_payload", True)),
            with_vector=how.get("with_vectors", False),
        )
        with self._lock:
            records, offset = self._shard(collection_name).scroll(request)
        return [_record(each) for each in records], None if offset is None else _id(offset)

    def retrieve(self, collection_name: str, ids: Sequence[Any], with_payload: Any = True, **_: Any) -> Any:
        with self._lock:
            records = self._shard(collection_name).retrieve(list(ids), _selected(with_payload), False)
        return [_record(each) for each in records]

    def query_batch_points(self, collection_name: str, requests: Sequence[Any], **_: Any) -> list[rest.QueryResponse]:
        with self._lock:
            shard = self._shard(collection_name)
            found = [shard.query(self._request(each)) for each in requests]
        return [rest.QueryResponse(points=[_scored(point) for point in points]) for points in found]

    def facet(self, collection_name: str, key: str, facet_filter: Any = None, limit: int = 10, **_: Any) -> Any:
        request = edge.FacetRequest(key, limit=limit, exact=True, filter=self._filter(facet_filter))
        with self._lock:
            hits = self._shard(collection_name).facet(request).hits
        return rest.FacetResponse(hits=[rest.FacetValueHit(value=hit.value, count=hit.count) for hit in hits])

    def _shard(self, name: str) -> edge.EdgeShard:
        aliases = {each.alias_name: each.collection_name for each in self.get_aliases().aliases}
        return self._shards[aliases.get(name, name)]

    def _update(self, collection: str, operation: edge.UpdateOperation) -> None:
        try:
            with self._lock:
                self._shard(collection).update(operation)
        except Exception as error:  # the engine's only kind
            raise ValueError(str(error)) from None

    def _operation(self, operation: Any) -> edge.UpdateOperation:
        if isinstance(operation, rest.UpsertOperation):
            assert isinstance(operation.upsert, rest.PointsList)
            points = [edge.Point(each.id, _vectors(each.vector), each.payload) for each in operation.upsert.points]
            return edge.UpdateOperation.upsert_points(points)
        assert isinstance(operation, rest.DeleteOperation)
        if isinstance(operation.delete, rest.PointIdsList):
            return edge.UpdateOperation.delete_points(list(operation.delete.points))
        return edge.UpdateOperation.delete_points_by_filter(self._filter(operation.delete.filter))

    def _request(self, asked: rest.QueryRequest) -> edge.QueryRequest:
        prefetches = asked.prefetch if isinstance(asked.prefetch, list) else []
        return edge.QueryRequest(
            limit=asked.limit or 10,
            query=edge.Fusion.Dbsf() if prefetches else _nearest(asked.query, asked.using),
            prefetches=[self._prefetch(each) for each in prefetches],
            filter=self._filter(asked.filter),
            params=_params(asked.params),
            with_payload=_selected(asked.with_payload),
        )

    def _prefetch(self, asked: rest.Prefetch) -> edge.Prefetch:
        return edge.Prefetch(
            limit=asked.limit or 10,
            query=_nearest(asked.query, asked.using),
            filter=self._filter(asked.filter),
            params=_params(asked.params),
        )

    def _filter(self, given: rest.Filter | None) -> edge.Filter | None:
        if given is None:
            return None
        kinds = {kind: getattr(given, kind) for kind in ("must", "should", "must_not")}
        return edge.Filter(**{kind: [self._condition(each) for each in some] for kind, some in kinds.items() if some})

    def _condition(self, given: Any) -> Any:
        if isinstance(given, rest.Filter):
            return self._filter(given)
        if isinstance(given, rest.HasIdCondition):
            return edge.HasIdCondition(set(given.has_id))
        assert isinstance(given, rest.FieldCondition), f"not known here: {given}"
        return edge.FieldCondition(given.key, match=_match(given.match), range=_range(given.range))


def _graph(given: Any) -> Any:
    return given and edge.HnswIndexConfig(m=given.m, ef_construct=given.ef_construct, full_scan_threshold=10)


def _quantization(given: Any) -> Any:
    if isinstance(given, rest.ScalarQuantization):
        return edge.ScalarQuantizationConfig(edge.ScalarType.Int8, quantile=given.scalar.quantile)
    return edge.BinaryQuantizationConfig() if isinstance(given, rest.BinaryQuantization) else None


def _params(given: rest.SearchParams | None) -> Any:
    if given is None:
        return None
    again = given.quantization
    quantization = again and edge.QuantizationSearchParams(rescore=again.rescore, oversampling=again.oversampling)
    return edge.SearchParams(hnsw_ef=given.hnsw_ef, quantization=quantization)


def _match(given: Any) -> Any:
    if isinstance(given, rest.MatchAny):
        return edge.MatchAny(list(given.any))
    return edge.MatchValue(given.value) if isinstance(given, rest.MatchValue) else None


def _range(given: Any) -> Any:
    if given is None:
        return None
    bounds = {name: value for name, value in given if value is not None}
    if isinstance(given, rest.Range):
        return edge.RangeFloat(**bounds)
    return edge.RangeDateTime(**{name: value.isoformat() for name, value in bounds.items()})


def _selected(wanted: Any) -> Any:
    return edge.PayloadSelector.Include(wanted) if isinstance(wanted, list) else bool(wanted)


def _nearest(query: Any, using: str | None) -> edge.Query:
    vector = query.nearest if isinstance(query, rest.NearestQuery) else query
    return edge.Query.Nearest(_vector(vector), using)


def _vectors(given: Any) -> dict[str, Any]:
    return {name: _vector(vector) for name, vector in given.items()}


def _vector(given: Any) -> Any:
    return edge.SparseVector(given.indices, given.values) if isinstance(given, rest.SparseVector) else list(given)


def _id(given: Any) -> Any:
    return given if isinstance(given, int) else str(given)


def _record(found: edge.Record) -> rest.Record:
    return rest.Record(id=_id(found.id), payload=found.payload, vector=_stored(found.vector))


def _scored(found: edge.ScoredPoint) -> rest.ScoredPoint:
    return rest.ScoredPoint(id=_id(found.id), version=0, score=found.score, payload=found.payload)


def _stored(vectors: Any) -> Any:
    if vectors is None:
        return None
    return {
        name: rest.SparseVector(indices=vector.indices, values=vector.values)
        if isinstance(vector, edge.SparseVector)
        else vector
        for name, vector in vectors.items()
    }
