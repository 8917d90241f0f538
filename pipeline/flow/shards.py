"""How a snapshot's documents are spread over shards, and what a shard's manifest says."""

from __future__ import annotations

import functools
import math
import uuid
from collections import Counter
from datetime import UTC, datetime

from pipeline.datadir import files
from pipeline.errors import DamagedFileError
from pipeline.run import quarantine
from pipeline.run.current import Run
from pipeline.run.events import ShardOpened
from pipeline.run.fingerprints import digest as digest_of
from pipeline.run.records import Receipt, ShardManifest, ShardState, StoredVersion
from pipeline.schema import Document, Snapshot, Stage


def count(snapshot: Snapshot, shard_size: int) -> int:
    """How many shards: documents / shard_size rounded up to a power of two, so that it seldom changes."""
    return 1 << math.ceil(math.log2(max(1, len(snapshot.documents) / shard_size)))


@functools.lru_cache(maxsize=4)
def split(run: Run, commit: str, shard_count: int) -> list[list[Document]]:
    """Documents by shard: hashed by id, so that a changed document reopens one shard and moves no other."""
    shards: list[list[Document]] = [[] for _ in range(shard_count)]
    for document in run.snapshot(commit).documents:
        shards[uuid.UUID(document.document_id).int % shard_count].append(document)
    return shards


def digest(run: Run, documents: list[Document]) -> str:
    """Names what a shard must hold: documents and content versions, and the limits that may keep some of them out."""
    versions = [(document.document_id, run.fingerprints.content_version(document)) for document in documents]
    return digest_of(versions, run.fingerprints.limits)


def is_finished(run: Run, commit: str, index: int, shard_count: int) -> bool:
    """Whether a shard's manifest says what it must hold now. Looked up once: what is finished stays so in this run."""
    if (commit, index, shard_count) not in run.finished_shards:
        path = run.data.shard(run.fingerprints.collection, index, shard_count)
        if not (files.exists(path) and files.exists(run.snapshot_path(commit))):
            return False
        try:
            state = files.read_model(path, ShardState)
        except DamagedFileError:
            return False
        documents = split(run, commit, shard_count)[index]
        in_step = state.digest == digest(run, documents) and _knows_purges(run, state, documents)
        if not (in_step and state.run_id in (None, run.id) and quarantine.stands(run, state.quarantined)):
            return False
        run.finished_shards.add((commit, index, shard_count))
    return True


def _knows_purges(run: Run, state: ShardState, documents: list[Document]) -> bool:
    """A purge that could not be carried out yet has left the manifest as it was."""
    held = (run.purges.evidence(document) for document in documents if run.purges.of(document))
    return set(held) <= set(state.quarantined)


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


def unfinished(run: Run, commit: str, shard_count: int) -> list[Document]:
    """The documents of all shards that are not finished."""
    parts = enumerate(split(run, commit, shard_count))
    left = [part for index, part in parts if not is_finished(run, commit, index, shard_count)]
    return [document for part in left for document in part]


def opened(run: Run, index: int, size: int, unsettled: list[Document]) -> ShardOpened:
    """What the unsettled ones of a shard's `size` documents still need."""
    pending: Counter[Stage] = Counter()
    waiting: dict[Stage, dict[str, int]] = {}
    for document in unsettled:
        stages = [stage for stage in Stage if not run.is_settled(stage, document)]
        pending.update(stages)
        if stages:
            waiting.setdefault(stages[0], {})[document.path] = document.size_bytes
    return ShardOpened(time=datetime.now(UTC), index=index, documents=size, pending=dict(pending), waiting=waiting)


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
