"""In which ways a collection is not the snapshot: a comparison of two listings, without any request."""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from pipeline.schema import Record

_PROOF = struct.Struct("<8s4f")
_TOLERANCE = 1e-5  # rounding of float32 moves a projection by 1e-6; another vector moves one by about 1
_NAMED_SLOTS = 5


@dataclass(frozen=True)
class Stored:
    """What the collection holds of one document: the content versions seen and the slots taken, sorted."""

    content_versions: frozenset[str]
    slots: tuple[int, ...]


class PointProof(NamedTuple):
    """What proves a point: the digest of its payload and terms, 8 bytes, and a sketch of its dense vector."""

    digest: bytes
    sketch: tuple[float, float, float, float]

    def holds(self, found: PointProof) -> bool:
        """Whether the point that `found` was taken from is this one."""
        near = (abs(one - other) < _TOLERANCE for one, other in zip(self.sketch, found.sketch, strict=True))
        return self.digest == found.digest and all(near)


def as_text(proofs: Iterable[PointProof]) -> str:
    """A document's proofs, slot by slot, as base64 of 24 bytes each."""
    return base64.b64encode(b"".join(_PROOF.pack(proof.digest, *proof.sketch) for proof in proofs)).decode()


def from_text(text: str) -> list[PointProof]:
    """The proofs that `as_text` wrote; none for text of another kind."""
    try:
        parts = list(_PROOF.iter_unpack(base64.b64decode(text, validate=True)))
    except (ValueError, struct.error):
        return []
    return [PointProof(digest, (one, two, three, four)) for digest, one, two, three, four in parts]


class Difference(Record):
    """One way in which the collection is not the snapshot. `document_id` is empty where no document is concerned."""

    document_id: str
    kind: Literal["missing", "extra", "stale", "wrong_chunks", "changed", "unproven"]
    detail: str


def differences(found: Mapping[str, Stored], wanted: Mapping[str, tuple[str, int]]) -> list[Difference]:
    """How what was `found` differs from `wanted` (document id -> content version, number of chunks).

    Empty proves: the same documents, each in the wanted version with slots 0 to n - 1.
    """
    differences = [
        Difference(document_id=document_id, kind="extra", detail=f"{len(stored.slots)} points")
        for document_id, stored in sorted(found.items())
        if document_id not in wanted
    ]
    for document_id, (version, chunks) in sorted(wanted.items()):
        differences += _difference(document_id, version, chunks, found.get(document_id, Stored(frozenset(), ())))
    return differences


def count_difference(listed: int, counted: int) -> list[Difference]:
    """At most one: what is listed must be all that there is."""
    if listed == counted:
        return []
    kind: Literal["extra", "missing"] = "extra" if counted > listed else "missing"
    return [Difference(document_id="", kind=kind, detail=f"{counted} points are counted, {listed} are listed")]


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


def changed(document_id: str, wanted: Sequence[PointProof], found: Mapping[int, PointProof]) -> list[Difference]:
    """At most one, that names the slots which hold other points than the wanted ones; empty slots are not counted."""
    slots = [slot for slot, proof in enumerate(wanted) if slot in found and not proof.holds(found[slot])]
    if not slots:
        return []
    named = ", ".join(map(str, slots[:_NAMED_SLOTS])) + (", …" if len(slots) > _NAMED_SLOTS else "")
    detail = f"{len(slots)} points are not what was stored (slots {named})"
    return [Difference(document_id=document_id, kind="changed", detail=detail)]
