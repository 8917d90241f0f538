"""Compares what a collection really holds, point by point, with what was proven when it was stored."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from pipeline.datadir.parted import common, differing, in_parts, part_of
from pipeline.publish.published import last_success, read_published
from pipeline.run.current import Run
from pipeline.run.records import StoredVersion
from pipeline.store.differences import Difference, PointProof, changed, from_text

if TYPE_CHECKING:
    from pipeline.store.collection import Store

PARTS = 16
"""A server's points are compared within so many runs, a power of two: each compares the documents of one part, and
what it stored."""

Stored = Mapping[str, StoredVersion]
Due = Callable[[Stored], Iterator[Stored]]
"""Of what is wanted the documents whose points are compared, as many at a time as belong into memory."""


def differences(store: Store, wanted: Stored, due: Due = in_parts) -> list[Difference]:
    """Every way in which the collection is not `wanted`: documents, versions and slots of all, and the points
    themselves of those that are due. One for each document."""
    stored = (entry for part in in_parts(wanted) for entry in part.items())
    listed = store.differences((key, (each.content_version, each.chunk_count)) for key, each in stored)
    named = {difference.document_id for difference in listed}
    return [*listed, *(each for each in _changed_points(store, wanted, due) if each.document_id not in named)]


def _changed_points(store: Store, wanted: Stored, due: Due) -> Iterator[Difference]:
    """Each of the documents with points that are not those that were stored. Takes time with the points.

    Points that are missing or too many are not its business (`pipeline.store.differences`).
    """
    parts = due(wanted)
    if store.is_local:  # local files are read whole for any of them
        parts = iter([{key: version for some in parts for key, version in some.items()}])
    for some in parts:
        found: dict[str, dict[int, PointProof]] = defaultdict(dict)
        if some:
            for document_id, slot, proof in store.proofs(None if len(some) == len(wanted) else list(some)):
                found[document_id][slot] = proof
        for key, version in sorted(some.items()):
            yield from _difference(key, version, found[key])


def nothing(_: Stored) -> Iterator[Stored]:
    """No points: which there are is all that is compared."""
    return iter(())


def due(run: Run, store: Store) -> Due:
    """What a run compares: all of local files, which are read whole anyway; of a server what changed since it was
    published and the part whose turn it is."""
    before = read_published(run)
    if store.is_local or before is None:
        return in_parts
    return functools.partial(_changed_or_in_turn, before.documents, next_part(run))


def _changed_or_in_turn(before: Stored, turn: int, wanted: Stored) -> Iterator[Stored]:
    def is_in_turn(document_id: str) -> bool:
        return part_of(document_id, PARTS) == turn

    for some in differing(wanted, before):
        yield {key: version for key, version in some.items() if is_in_turn(key) or before.get(key) != version}
    for some in common(wanted, before, turn, PARTS):
        yield {key: version for key, version in some.items() if is_in_turn(key)}


def next_part(run: Run) -> int:
    """The part, from 0, that the next run compares on a server: each of PARTS gets its turn."""
    last = last_success(run)
    return (last.part + 1) % PARTS if last else 0


def _difference(document_id: str, version: StoredVersion, found: Mapping[int, PointProof]) -> list[Difference]:
    proofs = from_text(version.proof)
    if len(proofs) != version.chunk_count:
        return [
            Difference(document_id=document_id, kind="unproven", detail="stored before points were proven; run again")
        ]
    return changed(document_id, proofs, found)
