"""Compares what a collection really holds, point by point, with what the receipts prove."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline.datadir import files
from pipeline.errors import DamagedFileError
from pipeline.run.current import Run
from pipeline.run.records import Published, Receipt, StoredVersion
from pipeline.store.differences import Difference, PointProof, changed

if TYPE_CHECKING:
    from pipeline.store.collection import Store

PARTS = 16
"""A server's points are compared within so many runs: each compares the documents of one part, and what it stored."""


def changed_points(run: Run, store: Store, wanted: Mapping[str, StoredVersion]) -> list[Difference]:
    """Each of the `wanted` documents with points that are not those that were stored. Takes time with the points.

    Points that are missing or too many are not its business (`pipeline.store.differences`).
    """
    proofs = {key: _proofs(run, store.collection, key, version) for key, version in sorted(wanted.items())}
    unproven = [key for key, points in proofs.items() if points is None]
    found: dict[str, dict[int, PointProof]] = defaultdict(dict)
    for document_id, slot, proof in store.proofs(list(wanted)):
        found[document_id][slot] = proof
    return [
        *(Difference(document_id=key, kind="unproven", detail="its receipt proves no points") for key in unproven),
        *(each for key, points in proofs.items() if points for each in changed(key, points, found[key])),
    ]


def due(store: Store, before: Published | None, wanted: Mapping[str, StoredVersion]) -> dict[str, StoredVersion]:
    """The documents that a run compares: all of local files, which are read whole anyway; of a server what changed
    since `before` and the part whose turn it is."""
    if store.is_local or before is None:
        return dict(wanted)
    part = next_part(before)
    return {
        key: version for key, version in wanted.items() if before.documents.get(key) != version or _part_of(key) == part
    }


def next_part(before: Published | None) -> int:
    return (before.proven_part + 1) % PARTS if before else 0


def _part_of(document_id: str) -> int:
    return int(document_id[:2], 16) % PARTS


def _proofs(run: Run, collection: str, document_id: str, version: StoredVersion) -> tuple[PointProof, ...] | None:
    """Of the document's points, as its receipt has them; None where it does not prove as many as there must be."""
    path = run.data.receipt(collection, document_id, version.content_version)
    try:
        points = files.read_model(path, Receipt).points
    except (FileNotFoundError, DamagedFileError):
        return None
    return points if len(points) == version.chunk_count else None
