"""Takes points out of collections for good, in every collection whoever's alias it is behind.

A server keeps the bytes of deleted points until its optimiser rewrites their segment, which no request can ask for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple
from uuid import UUID

from pipeline.settings.sections import Settings
from pipeline.store.connection import connect
from pipeline.store.requests import call

PointId = int | str | UUID
_SCROLL_POINTS = 4096
_DELETE_POINTS = 1000


class PointIdentity(NamedTuple):
    """Whose a point is."""

    point: PointId
    document_id: str
    file_hash: str


def identities(settings: Settings, collection: str) -> Iterator[PointIdentity]:
    """Of every point, one by one, as neither is a field that all collections have an index of."""
    offset: PointId | None = None
    while True:
        found, offset = call(
            connect(settings).scroll,
            collection,
            limit=_SCROLL_POINTS,
            offset=offset,
            with_payload=["document_id", "file_hash"],
        )
        for record in found:
            payload = record.payload or {}
            yield PointIdentity(record.id, str(payload.get("document_id", "")), str(payload.get("file_hash", "")))
        if offset is None:
            return


def points_of(
    settings: Settings, collection: str, documents: Collection[str], hashes: Collection[str]
) -> list[PointId]:
    """The points of these documents, and those of contents with these SHA-256."""
    return [
        each.point
        for each in identities(settings, collection)
        if each.document_id in documents or each.file_hash in hashes
    ]


def erase(settings: Settings, collection: str, points: list[PointId]) -> None:
    """Delete these points; those that are not there do not matter."""
    from pipeline.store.collection import open_store

    store = open_store(settings, collection)
    for start in range(0, len(points), _DELETE_POINTS):
        store.delete_points(points[start : start + _DELETE_POINTS])
