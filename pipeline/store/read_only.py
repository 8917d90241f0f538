"""Qdrant's client without all that writes, for whoever only reads."""

from __future__ import annotations

from typing import Any, cast

from qdrant_client import QdrantClient

READS = frozenset(
    {
        *("get_aliases", "get_collection", "collection_exists", "count"),
        *("scroll", "retrieve", "facet", "query_batch_points", "close"),
    }
)


class _ReadOnly:
    """Hands on what `READS` names; anything else is not there."""

    def __init__(self, client: QdrantClient) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        if name not in READS:
            raise AttributeError(f"a reader of the collection has no {name}")
        return getattr(self._client, name)


def read_only(client: QdrantClient) -> QdrantClient:
    """The client, of which only the reading methods are left."""
    return cast("QdrantClient", _ReadOnly(client))


def unwrapped(client: QdrantClient) -> QdrantClient:
    """The client behind it, to be compared, not used."""
    return client._client if isinstance(client, _ReadOnly) else client
