"""Compares what a collection really holds, point by point, with what was proven when it was stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline.publish.published import last_success, read_published
from pipeline.run.current import Run
from pipeline.run.records import StoredVersion
from pipeline.store.differences import Difference, PointProof, changed, from_text

if TYPE_CHECKING:
    from pipeline.store.collection import Store

PARTS = 16
"""A server's points are compared within so many runs: each compares the documents of one part, and what it stored."""


def differences(
    store: Store, wanted: Mapping[str, StoredVersion], compared: Mapping[str, StoredVersion] | None = None
) -> list[Difference]:
    """Every way in which the collection is not `wanted`: documents, versions and slots of all, and the points
    themselves of those that are `compared`, which are all unless it says which. One for each document."""
    listed = store.differences({key: (version.content_version, version.chunk_count) for key, version in wanted.items()})
    named = {difference.document_id for difference in listed}
    return [*listed, *(each for each in _changed_points(store, wanted, compared) if each.document_id not in named)]


def _changed_points(
    store: Store, wanted: Mapping[str, StoredVersion], compared: Mapping[str, StoredVersion] | None
) -> list[Difference]:
    """Each of the documents with points that are not those that were stored. Takes time with the points.

    Points that are missing or too many are not its business (`pipeline.store.differences`).
    """
    some = None if compared is None or len(compared) == len(wanted) else list(compared)
    wanted = wanted if compared is None else compared
    found: dict[str, dict[int, PointProof]] = defaultdict(dict)
    for document_id, slot, proof in store.proofs(some):
        found[document_id][slot] = proof
    return [each for key, version in sorted(wanted.items()) for each in _difference(key, version, found[key])]


def due(run: Run, store: Store, wanted: Mapping[str, StoredVersion]) -> dict[str, StoredVersion]:
    """The documents that a run compares: all of local files, which are read whole anyway; of a server what changed
    since it was published and the part whose turn it is."""
    before = read_published(run)
    if store.is_local or before is None:
        return dict(wanted)
    part = next_part(run)
    return {
        key: version for key, version in wanted.items() if before.documents.get(key) != version or _part_of(key) == part
    }


def next_part(run: Run) -> int:
    """The part, from 0, that the next run compares on a server: each of PARTS gets its turn."""
    last = last_success(run)
    return (last.part + 1) % PARTS if last else 0


def _part_of(document_id: str) -> int:
    return int(document_id[:2], 16) % PARTS


def _difference(document_id: str, version: StoredVersion, found: Mapping[int, PointProof]) -> list[Difference]:
    proofs = from_text(version.proof)
    if len(proofs) != version.chunk_count:
        return [
            Difference(document_id=document_id, kind="unproven", detail="stored before points were proven; run again")
        ]
    return changed(document_id, proofs, found)
