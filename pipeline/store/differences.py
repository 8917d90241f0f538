"""In which ways a collection is not the snapshot: a comparison of two listings, without any request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pipeline.schema import Record


@dataclass(frozen=True)
class Stored:
    """What the collection holds of one document: the content versions seen and the slots taken, sorted."""

    content_versions: frozenset[str]
    slots: tuple[int, ...]


class Difference(Record):
    """One way in which the collection is not the snapshot. `document_id` is empty where no document is concerned."""

    document_id: str
    kind: Literal["missing", "extra", "stale", "wrong_chunks"]
    detail: str


def differences(found: Mapping[str, Stored], counted: int, wanted: Mapping[str, tuple[str, int]]) -> list[Difference]:
    """How what was `found` and `counted` differs from `wanted` (document id -> content version, number of chunks).

    Empty proves: the same documents, each in the wanted version with slots 0 to n - 1, and no other point.
    """
    differences = [
        Difference(document_id=document_id, kind="extra", detail=f"{len(stored.slots)} points")
        for document_id, stored in sorted(found.items())
        if document_id not in wanted
    ]
    for document_id, (version, chunks) in sorted(wanted.items()):
        differences += _difference(document_id, version, chunks, found.get(document_id, Stored(frozenset(), ())))
    listed = sum(len(stored.slots) for stored in found.values())
    if listed != counted:
        kind: Literal["extra", "missing"] = "extra" if counted > listed else "missing"
        detail = f"{counted} points are counted, {listed} are listed"
        differences.append(Difference(document_id="", kind=kind, detail=detail))
    return differences


def _difference(document_id: str, version: str, chunks: int, stored: Stored) -> list[Difference]:
    """At most one: the first that applies."""
    kind: Literal["missing", "stale", "wrong_chunks"]
    if chunks and not stored.slots:
        kind, detail = "missing", f"{chunks} points are missing"
    elif stored.slots != tuple(range(chunks)):
        kind, detail = "wrong_chunks", f"{len(stored.slots)} points, not slots 0 to {chunks - 1}"
    elif stored.slots and stored.content_versions != {version}:
        kind, detail = "stale", f"content version {', '.join(sorted(stored.content_versions))}, not {version}"
    else:
        return []
    return [Difference(document_id=document_id, kind=kind, detail=detail)]
