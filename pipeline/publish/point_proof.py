"""Compares what a collection really holds, point by point, with what was proven when it was stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from pipeline.datadir.parted import in_parts
from pipeline.publish.published import last_success, read_published
from pipeline.run.current import Run
from pipeline.run.records import StoredVersion
from pipeline.store.differences import Difference, PointProof, changed, from_text

if TYPE_CHECKING:
    from pipeline.store.collection import Store

PARTS = 16
"""A server's points are compared within so many runs: each compares the documents of one part, and what it stored."""


IsDue = Callable[[str, StoredVersion], bool]
"""Whether the points of a document, by id and what is stored of it, are compared."""


def differences(store: Store, wanted: Mapping[str, StoredVersion], is_due: IsDue = lambda *_: True) -> list[Difference]:
    """Every way in which the collection is not `wanted`: documents, versions and slots of all, and the points
    themselves of those that are due. One for each document."""
    stored = (entry for part in in_parts(wanted) for entry in part.items())
    listed = store.differences((key, (each.content_version, each.chunk_count)) for key, each in stored)
    named = {difference.document_id for difference in listed}
    return [*listed, *(each for each in _changed_points(store, wanted, is_due) if each.document_id not in named)]


def _changed_points(store: Store, wanted: Mapping[str, StoredVersion], is_due: IsDue) -> Iterator[Difference]:
    """Each of the documents with points that are not those that were stored. Takes time with the points.

    Points that are missing or too many are not its business (`pipeline.store.differences`).
    """
    for some in [wanted] if store.is_local else in_parts(wanted):  # local files are read whole for any of them
        due = {key: version for key, version in some.items() if is_due(key, version)}
        found: dict[str, dict[int, PointProof]] = defaultdict(dict)
        if due:
            for document_id, slot, proof in store.proofs(None if len(due) == len(wanted) else list(due)):
                found[document_id][slot] = proof
        for key, version in sorted(due.items()):
            yield from _difference(key, version, found[key])


def due(run: Run, store: Store) -> IsDue:
    """What a run compares: all of local files, which are read whole anyway; of a server what changed since it was
    published and the part whose turn it is."""
    before, part = read_published(run), next_part(run)
    if store.is_local or before is None:
        return lambda *_: True
    known = before.documents
    return lambda key, version: _part_of(key) == part or known.get(key) != version


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
