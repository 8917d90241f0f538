"""How a snapshot's documents are spread over shards, and what a shard's manifest says."""

from __future__ import annotations

import functools
import math
import uuid

from pipeline import files, quarantine
from pipeline.fingerprints import digest as digest_of
from pipeline.results import Receipt, ShardManifest, StoredVersion
from pipeline.run import Run
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


def manifest(run: Run, documents: list[Document]) -> ShardManifest:
    """What the shard holds now, from its receipts; a document released meanwhile has neither receipt nor failure."""
    stored: dict[str, StoredVersion] = {}
    incomplete = False
    for document in documents:
        failure = run.failure(document)
        if failure or not run.is_done(Stage.STORE, document):
            incomplete |= not (failure and failure.permanent)
        else:
            receipt = files.read_model(run.target(Stage.STORE, document), Receipt)
            stored[document.document_id] = StoredVersion(
                content_version=receipt.content_version, chunk_count=receipt.chunk_count, warnings=receipt.warnings
            )
    return ShardManifest(
        digest=digest(run, documents),
        run_id=run.id if incomplete else None,
        quarantined=quarantine.evidence(run, documents),
        documents=stored,
    )
