"""What a Qdrant server is told about its indexes and its memory, from [qdrant]; docs/qdrant.md has effect and advice.

Local mode takes it and ignores it. All of it can be changed in place. `on_disk` and `always_ram` are what servers of
every version understand; what 1.19 calls `memory` says the same in other words.
"""

from __future__ import annotations

from typing import Any

from qdrant_client import models

from pipeline.settings.collection import QdrantSettings
from pipeline.store.points import SPARSE_VECTOR, VECTOR

_QUANTILE = 0.99  # a few extreme numbers would take the range of a byte away from all others


def creation(settings: QdrantSettings, dimension: int) -> dict[str, Any]:
    """Arguments of `create_collection`."""
    dense = models.VectorParams(size=dimension, distance=models.Distance.COSINE, on_disk=settings.vectors_on_disk)
    return {
        "vectors_config": {VECTOR: dense},
        "sparse_vectors_config": {SPARSE_VECTOR: _sparse(settings)},
        "hnsw_config": _graph(settings),
        "quantization_config": _quantization(settings),
        "on_disk_payload": settings.payload_on_disk,
    }


def changes(settings: QdrantSettings, found: models.CollectionConfig) -> dict[str, Any]:
    """Arguments of `update_collection` that make a collection what `creation` would; empty when it is that."""
    changed: dict[str, Any] = {}
    vectors, sparse = found.params.vectors, (found.params.sparse_vectors or {}).get(SPARSE_VECTOR)
    dense = vectors.get(VECTOR) if isinstance(vectors, dict) else None
    if bool(dense and dense.on_disk) != settings.vectors_on_disk:
        changed["vectors_config"] = {VECTOR: models.VectorParamsDiff(on_disk=settings.vectors_on_disk)}
    if bool(sparse and sparse.index and sparse.index.on_disk) != settings.sparse_on_disk:
        changed["sparse_vectors_config"] = {SPARSE_VECTOR: _sparse(settings)}
    if (found.hnsw_config.m, found.hnsw_config.ef_construct) != (settings.hnsw_m, settings.hnsw_ef_construct):
        changed["hnsw_config"] = _graph(settings)
    if type(found.quantization_config) is not type(wanted := _quantization(settings)):
        changed["quantization_config"] = wanted or models.Disabled.DISABLED
    if found.params.on_disk_payload != settings.payload_on_disk:
        changed["collection_params"] = models.CollectionParamsDiff(on_disk_payload=settings.payload_on_disk)
    return changed


def search_params(settings: QdrantSettings) -> models.SearchParams:
    """How a search goes through the vector index."""
    again = models.QuantizationSearchParams(rescore=True, oversampling=settings.oversampling)
    quantized = settings.quantization != "none"
    return models.SearchParams(hnsw_ef=settings.search_ef, quantization=again if quantized else None)


def _graph(settings: QdrantSettings) -> models.HnswConfigDiff:
    return models.HnswConfigDiff(m=settings.hnsw_m, ef_construct=settings.hnsw_ef_construct)


def _sparse(settings: QdrantSettings) -> models.SparseVectorParams:
    index = models.SparseIndexParams(on_disk=settings.sparse_on_disk)
    return models.SparseVectorParams(modifier=models.Modifier.IDF, index=index)


def _quantization(settings: QdrantSettings) -> models.ScalarQuantization | models.BinaryQuantization | None:
    """Held in memory, whatever becomes of the full vectors: it is read for every comparison of every search."""
    match settings.quantization:
        case "scalar":
            scalar = models.ScalarQuantizationConfig(type=models.ScalarType.INT8, quantile=_QUANTILE, always_ram=True)
            return models.ScalarQuantization(scalar=scalar)
        case "binary":
            return models.BinaryQuantization(binary=models.BinaryQuantizationConfig(always_ram=True))
    return None
