"""Brings a collection in step with a snapshot: stores documents, removes what left, proves equality, publishes."""

from __future__ import annotations

import hashlib
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from pipeline import files, models, publication, quality, quarantine, retirement, summary
from pipeline.config import public_message
from pipeline.errors import ErrorCode, PipelineError
from pipeline.files import FilePath
from pipeline.results import Published, Receipt, ShardManifest, StoredVersion, Success, Summary
from pipeline.run import Run
from pipeline.schema import ChunkedDocument, Conversion, Document, Snapshot, Stage
from pipeline.sparse import ChunkTerms
from pipeline.store import payload
from pipeline.store.connection import is_present

if TYPE_CHECKING:
    from pipeline.store.collection import Store
    from pipeline.store.differences import Difference

log = logging.getLogger(__name__)
_ALWAYS_REMOVABLE = 3  # in a small folder a few departures are no sign of a broken listing


def check(run: Run) -> None:
    """Fail before hours of work, not after: is the embedding model there, and does Qdrant answer?

    Raises ConfigurationError, TransientError.
    """
    run.data.create()
    run.data.tidy()
    open_collection(run)


def begin_changes(run: Run) -> None:
    """Note that the collection is about to change: until it is published again, nobody takes it for what it was."""
    files.write_bytes(run.data.changing(run.settings.qdrant.collection_name), run.id.encode())


def check_listing(run: Run, snapshot: Snapshot) -> None:
    """Refuse a listing that would remove suspiciously much, before anything is done on the strength of it.

    Raises PipelineError (MASS_DELETE).
    """
    _guard(run, publication.read_published(run), frozenset(document.document_id for document in snapshot.documents))


def open_collection(run: Run) -> Store:
    """This run's collection, made when it is not there. Raises TransientError, ConfigurationError."""
    store = open_store(run, run.fingerprints.collection)
    store.ensure_collection(models.describe(run.settings.embedding, run.data.models).dimension)
    return store


def open_store(run: Run, collection: str) -> Store:
    """A collection as it is. Raises TransientError, ConfigurationError."""
    from pipeline.store.collection import open_store

    return open_store(run.settings, collection)


def store_document(run: Run, store: Store, commit: str, document: Document) -> Receipt:
    """Replace the document's points and leave a receipt. Those of other versions go first, so that none can speak for
    points that are gone, whenever this is interrupted; one of this version is of a process that stores the same."""
    conversion = files.read_model(run.conversion_path(document), Conversion)
    chunked = files.read_model(run.target(Stage.CHUNK, document), ChunkedDocument)
    with files.local_copy(run.target(Stage.EMBED, document)) as embeddings:
        vectors = np.load(embeddings, allow_pickle=False)
    terms = files.read_model(run.terms_path(document), ChunkTerms).chunks
    receipt = Receipt(
        document_id=document.document_id,
        path=document.path,
        content_version=run.fingerprints.content_version(document),
        collection=run.fingerprints.collection,
        chunk_count=len(chunked.chunks),
        warnings=tuple(payload.warnings_of(conversion)),
    )
    points = payload.payloads(
        run.snapshot(commit),
        document,
        conversion,
        chunked,
        content_version=receipt.content_version,
        file_hash=_sha256(run.target(Stage.FETCH, document)),
        collection=receipt.collection,
        vector_dimension=vectors.shape[1],
        settings=run.settings,
    )
    _forget(run, document.document_id, run.target(Stage.STORE, document).name)
    store.replace_document(document.document_id, points, vectors, terms)
    files.write_json(run.target(Stage.STORE, document), receipt)
    return receipt


def finalize(run: Run, commit: str, shard_count: int) -> Summary:
    """Make the collection exactly the snapshot, prove it, publish it, and sum the run up.

    Documents that failed in this run keep what is stored of them, and nothing is published as finished.
    Raises PipelineError with MASS_DELETE (too much would go), STORE_MISMATCH (repaired once and still different) or
    ROLLED_BACK (meanwhile somebody took the collection back).
    """
    wanted = _wanted(run, shard_count)
    before = publication.read_published(run)
    unfinished = frozenset(
        document.document_id
        for document in run.snapshot(commit).documents
        if document.document_id not in wanted and not _is_quarantined(run, document)
    )
    _guard(run, before, unfinished.union(wanted))
    store = open_collection(run)
    _bring_in_step(run, store, commit, wanted, unfinished)
    if not unfinished:
        _publish(run, store, commit, wanted)
        _retire(run)
    result = summary.summarise(run, commit, before, wanted)
    files.write_json(run.data.summary(run.id), result)
    if not unfinished:
        note_success(run)
    return result


def is_published(run: Run, commit: str) -> bool:
    """True when the alias serves exactly this commit under these settings: the cheap test of a run with no work."""
    published = publication.read_published(run)
    return (
        published is not None
        and published.commit == commit
        and published.collection == run.fingerprints.collection
        and published.fingerprint == run.fingerprints.all
        and publication.rolled_back(run) is None
        and published.kept_by_server == run.settings.qdrant.kept_by_server
        and not files.exists(run.data.changing(run.settings.qdrant.collection_name))
        and quarantine.stands(run, published.quarantined)
        and is_present(run.settings, published.collection, published.points)
    )


def note_success(run: Run) -> None:
    """Write down that the collection is in step now, for whoever watches from outside."""
    if published := publication.read_published(run):
        success = Success(
            time=datetime.now(UTC),
            commit=published.commit,
            documents=len(published.documents),
            points=published.points,
            quarantined=len(published.quarantined),
        )
        files.write_json(run.data.last_success, success)


def published_documents(run: Run, published: Published) -> list[Document]:
    """Documents of the published snapshot; its listing may have been made under other settings."""
    listings = run.data.snapshots.glob(f"{published.commit}-*.json")
    found = {document for listing in listings for document in files.read_model(listing, Snapshot).documents}
    return [document for document in found if document.document_id in published.documents]


def differences(
    store: Store, wanted: dict[str, StoredVersion], unfinished: frozenset[str] = frozenset()
) -> list[Difference]:
    """Every way in which the collection is not `wanted`, `unfinished` documents aside."""
    expected = {key: (version.content_version, version.chunk_count) for key, version in wanted.items()}
    return [found for found in store.differences(expected) if found.document_id not in unfinished]


def _wanted(run: Run, shard_count: int) -> dict[str, StoredVersion]:
    """What the collection must hold, from the shards' manifests."""
    wanted: dict[str, StoredVersion] = {}
    for shard in range(shard_count):
        path = run.data.shard(run.fingerprints.collection, shard, shard_count)
        wanted |= files.read_model(path, ShardManifest).documents
    return wanted


def _is_quarantined(run: Run, document: Document) -> bool:
    failure = run.failure(document)
    return failure is not None and failure.permanent


def _guard(run: Run, before: Published | None, kept: frozenset[str]) -> None:
    """Refuse to remove suspiciously much: a listing can be wrong in ways that no error shows."""
    departing = set(before.documents) - kept if before else set()
    allowed = max(_ALWAYS_REMOVABLE, run.settings.pipeline.max_delete_fraction * len(before.documents) if before else 0)
    if departing and (len(departing) > allowed or not kept) and not run.settings.pipeline.allow_mass_delete:
        raise PipelineError(
            f"{len(departing)} of {len(before.documents) if before else 0} published documents would be removed, more "
            f"than [pipeline] max_delete_fraction = {run.settings.pipeline.max_delete_fraction:g} allows; nothing was "
            "removed. If the folder is right, run once with NIC_ALLOW_MASS_DELETE=true",
            ErrorCode.MASS_DELETE,
        )


def _bring_in_step(
    run: Run, store: Store, commit: str, wanted: dict[str, StoredVersion], unfinished: frozenset[str]
) -> None:
    """Remove what is not wanted, store again what the collection lost, and prove that nothing else differs."""
    found = differences(store, wanted, unfinished)
    if found:
        begin_changes(run)
    extra = sorted(difference.document_id for difference in found if difference.kind == "extra")
    for document_id in extra:
        _forget(run, document_id)
    store.delete_documents(extra)
    damaged = {difference.document_id for difference in found} - set(extra)
    for document in run.snapshot(commit).documents:
        if document.document_id in damaged:
            store_document(run, store, commit, document)
    if found and (left := differences(store, wanted, unfinished)):
        raise PipelineError(
            f"{len(left)} documents in the collection are not what was stored, although they were stored again; "
            "does anything else write to it? `nic verify` lists them",
            ErrorCode.STORE_MISMATCH,
        )


def _publish(run: Run, store: Store, commit: str, wanted: dict[str, StoredVersion]) -> None:
    """The alias moves when all that may speak against it has been asked."""
    store.optimise()
    missing = [document for document in run.snapshot(commit).documents if document.document_id not in wanted]
    before = publication.read_published(run)
    published = Published(
        commit=commit,
        collection=run.fingerprints.collection,
        fingerprint=run.fingerprints.all,
        points=sum(version.chunk_count for version in wanted.values()),
        quarantined=quarantine.evidence(run, missing),
        previous=_previous(before, run.fingerprints.collection),
        documents=wanted,
        kept_by_server=run.settings.qdrant.kept_by_server,
    )
    publication.refuse_rolled_back(run)
    quality.check(run.settings, store)
    publication.switch(run, store, published)
    files.remove(run.data.changing(run.settings.qdrant.collection_name))


def _previous(before: Published | None, collection: str) -> str | None:
    if before is None:
        return None
    return before.previous if before.collection == collection else before.collection


def _retire(run: Run) -> None:
    """What is published is published, whether or not the old collections can be removed."""
    try:
        gone = retirement.retire(run, retirement.review(run))
    except PipelineError as error:
        log.warning("old collections stay, as they cannot be removed now: %s", public_message(error))
    else:
        for generation in gone:
            log.info("removed %s: %d chunks that no reader saw any more", generation.collection, generation.points)


def _forget(run: Run, document_id: str, kept: str = "") -> None:
    """Remove the document's receipts but for the one named `kept`."""
    folder = run.data.receipt(run.fingerprints.collection, document_id, "").parent
    for name in files.names(folder):
        if name.startswith(document_id) and name != kept:
            files.remove(folder / name)


def _sha256(path: FilePath) -> str:
    with files.local_copy(path) as file, file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
