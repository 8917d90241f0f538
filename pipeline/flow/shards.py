"""How a snapshot's documents are spread over shards, and what a shard's manifest says."""

from __future__ import annotations

import functools
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from pipeline.datadir import files
from pipeline.datadir.parted import Parted, power_of_two
from pipeline.errors import DamagedFileError
from pipeline.flow.shard_digests import shard_digests
from pipeline.run import quarantine
from pipeline.run.current import Run
from pipeline.run.events import ShardOpened
from pipeline.run.fingerprints import digest as digest_of
from pipeline.run.listing_file import Documents
from pipeline.run.listings import PART_SHARDS
from pipeline.run.records import Receipt, ShardManifest, ShardState, StoredVersion
from pipeline.schema import Document, Snapshot, Stage

_STAGES = list(Stage)


def count(snapshot: Snapshot, shard_size: int) -> int:
    """How many shards: documents / shard_size rounded up to a power of two, so that it seldom changes."""
    return power_of_two(len(snapshot.documents), shard_size)


def order(shard_count: int) -> Iterator[int]:
    """All shards; those whose documents are in one part of the listing follow each other."""
    parts = _parts(shard_count)
    return (index for part in range(parts) for index in range(part, shard_count, parts))


def _parts(shard_count: int) -> int:
    is_power_of_two = not shard_count & (shard_count - 1)
    return max(1, shard_count // PART_SHARDS) if is_power_of_two else 1


def documents(run: Run, commit: str, index: int, shard_count: int) -> list[Document]:
    """Those of one shard: hashed by id, so that a changed document reopens one shard and moves no other."""
    its = run.snapshot(commit).documents
    if not isinstance(its, Documents):
        return _split(run, commit, 0, shard_count).get(index, [])
    parts = its.by_id.count
    having = range(parts) if shard_count % parts else [index % parts]
    return [document for part in having for document in _split(run, commit, part, shard_count).get(index, [])]


@functools.lru_cache(maxsize=2)
def _split(run: Run, commit: str, part: int, shard_count: int) -> dict[int, list[Document]]:
    """The documents of a part of the listing by shard."""
    its = run.snapshot(commit).documents
    some = its.by_id.part(part).values() if isinstance(its, Documents) else its
    shards: dict[int, list[Document]] = {}
    for document in some:
        shards.setdefault(uuid.UUID(document.document_id).int % shard_count, []).append(document)
    return shards


def digest(run: Run, documents: list[Document]) -> str:
    """Names what a shard must hold: documents and content versions, and the limits that may keep some of them out."""
    versions = [(document.document_id, run.fingerprints.content_version(document)) for document in documents]
    return digest_of(versions, run.fingerprints.limits)


def is_finished(run: Run, commit: str, index: int, shard_count: int) -> bool:
    """Whether a shard's manifest says what it must hold now. Looked up once: what is finished stays so in this run."""
    if (commit, index, shard_count) not in run.finished_shards:
        path = run.data.shard(run.fingerprints.collection, index, shard_count)
        if not (files.exists(path) and files.exists(run.listings.path(commit))):
            return False
        try:
            state = files.read_model(path, ShardState)
        except DamagedFileError:
            return False
        in_step = state.digest == _digest_of(run, commit, index, shard_count)
        in_step = in_step and (run.purges.are_none or _knows_purges(run, state, commit, index, shard_count))
        if not (in_step and state.run_id in (None, run.id) and quarantine.stands(run, state.quarantined)):
            return False
        run.finished_shards.add((commit, index, shard_count))
    return True


def _digest_of(run: Run, commit: str, index: int, shard_count: int) -> str:
    """`digest` of a shard's documents; those of a part of the listing that was seen before need not be read."""
    known = shard_digests(run, shard_count)
    if (found := known.find(run, commit, index)) is None:
        found = digest(run, documents(run, commit, index, shard_count))
        known.add(run, commit, index, found)
    return found


def _knows_purges(run: Run, state: ShardState, commit: str, index: int, shard_count: int) -> bool:
    """A purge that could not be carried out yet has left the manifest as it was."""
    its = documents(run, commit, index, shard_count)
    held = {run.purges.evidence(document) for document in its if run.purges.of(document)}
    return held <= set(state.quarantined)


def stored_versions(run: Run, documents: list[Document]) -> dict[str, StoredVersion]:
    """What the receipts of a shard's documents say was stored. One that cannot be read proves nothing: it is removed,
    so that its document is stored again."""
    found: dict[str, StoredVersion] = {}
    for document in documents:
        receipt = run.files_of(document).receipt
        if run.is_done(Stage.STORE, document) and run.failure(document) is None:
            try:
                found[document.document_id] = files.read_model(receipt, Receipt).version
            except (FileNotFoundError, DamagedFileError):
                run.forget([receipt])
    return found


def stored(run: Run, shard_count: int) -> Mapping[str, StoredVersion]:
    """What the collection must hold, by document id, from the shards' manifests."""

    def read(part: int) -> dict[str, StoredVersion]:
        held: dict[str, StoredVersion] = {}
        for index in range(part, shard_count, parts):
            path = run.data.shard(run.fingerprints.collection, index, shard_count)
            held |= files.read_model(path, ShardManifest).documents
        return held

    parts = _parts(shard_count)
    return read(0) if parts == 1 else Parted(parts, read)


def unfinished(run: Run, commit: str, shard_count: int) -> Iterator[Document]:
    """The documents of all shards that are not finished."""
    for index in order(shard_count):
        if not is_finished(run, commit, index, shard_count):
            yield from documents(run, commit, index, shard_count)


def opened(run: Run, index: int, documents: list[Document]) -> ShardOpened:
    """What a shard's documents still need."""
    pending: Counter[Stage] = Counter()
    unreached: Counter[Stage] = Counter()
    waiting: dict[Stage, dict[str, int]] = {}
    for document in documents:
        if not run.is_settled(Stage.STORE, document):
            stages = [stage for stage in Stage if not run.is_settled(stage, document)]
            pending.update(stages)
            waiting.setdefault(stages[0], {})[document.path] = document.size_bytes
        elif failure := run.failure(document):
            unreached.update(_STAGES[_STAGES.index(failure.stage) + 1 :])
    return ShardOpened(
        time=datetime.now(UTC),
        index=index,
        documents=len(documents),
        pending=dict(pending),
        unreached=dict(unreached),
        waiting=waiting,
    )


def manifest(run: Run, documents: list[Document], stored: dict[str, StoredVersion]) -> ShardManifest:
    """What the shard holds now; a document released meanwhile is neither stored nor failed."""
    failures = (run.failure(document) for document in documents if document.document_id not in stored)
    incomplete = any(not (failure and failure.permanent) for failure in failures)
    return ShardManifest(
        digest=digest(run, documents),
        run_id=run.id if incomplete else None,
        quarantined=quarantine.evidence(run, documents),
        documents=stored,
    )
