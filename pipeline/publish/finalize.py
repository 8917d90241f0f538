"""Brings a collection in step with a snapshot: stores documents, removes what left, proves equality, publishes."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from pipeline.datadir import files
from pipeline.errors import ErrorCode, PipelineError
from pipeline.flow.flow import flow
from pipeline.flow.store_document import begin_changes, forget, open_collection
from pipeline.publish import point_proof, quality_gate, retention
from pipeline.publish.deletion_guard import refuse_mass_deletion
from pipeline.publish.published import note_success, read_published, refuse_rolled_back, switch
from pipeline.report.summarise import summarise
from pipeline.run import quarantine
from pipeline.run.current import Run
from pipeline.run.records import Published, ShardManifest, StoredVersion
from pipeline.run.summary import Summary
from pipeline.schema import Document, Stage
from pipeline.settings.secrets import public_message

if TYPE_CHECKING:
    from pipeline.store.collection import Store
    from pipeline.store.differences import Difference

log = logging.getLogger(__name__)


def finalize(run: Run, commit: str, shard_count: int) -> Summary:
    """Make the collection exactly the snapshot, prove it, publish it, and sum the run up.

    Documents that failed in this run keep what is stored of them, and nothing is published as finished.
    Raises PipelineError with MASS_DELETE (too much would go), STORE_MISMATCH (repaired once and still different) or
    ROLLED_BACK (meanwhile somebody took the collection back).
    """
    wanted = _wanted(run, shard_count)
    before = read_published(run)
    unfinished = frozenset(
        document.document_id
        for document in run.snapshot(commit).documents
        if document.document_id not in wanted and not _is_quarantined(run, document)
    )
    refuse_mass_deletion(run, before, unfinished.union(wanted))
    store = open_collection(run)
    _bring_in_step(run, store, commit, wanted, unfinished)
    if not unfinished:
        _publish(run, store, commit, wanted)
        _clean_up(run)
    result = summarise(run, commit, before, wanted)
    files.write_json(run.data.summary(run.id), result)
    if not unfinished:
        note_success(run, part=point_proof.next_part(run))
    return result


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


def _bring_in_step(
    run: Run, store: Store, commit: str, wanted: dict[str, StoredVersion], unfinished: frozenset[str]
) -> None:
    """Remove what is not wanted, store again what the collection lost, and prove that nothing else differs."""
    found = _differences(run, store, wanted, unfinished)
    if found:
        begin_changes(run)
    extra = sorted(difference.document_id for difference in found if difference.kind == "extra")
    for document_id in extra:
        forget(run, document_id)
    store.delete_documents(extra)
    damaged = {difference.document_id for difference in found} - set(extra)
    again = [document for document in run.snapshot(commit).documents if document.document_id in damaged]
    run.forget(run.files_of(document).receipt for document in again)
    flow(run, commit).advance(Stage.STORE, again)
    if found and (left := _differences(run, store, wanted, unfinished)):
        raise PipelineError(
            f"{len(left)} documents in the collection are not what was stored, although they were stored again; "
            "does anything else write to it? `nic verify` lists them",
            ErrorCode.STORE_MISMATCH,
        )


def _differences(
    run: Run, store: Store, wanted: dict[str, StoredVersion], unfinished: frozenset[str]
) -> list[Difference]:
    """Of the points themselves as far as it is their turn; `unfinished` documents aside."""
    found = point_proof.differences(store, wanted, point_proof.due(run, store, wanted))
    return [difference for difference in found if difference.document_id not in unfinished]


def _publish(run: Run, store: Store, commit: str, wanted: dict[str, StoredVersion]) -> None:
    """The alias moves when all that may speak against it has been asked."""
    store.optimise()
    missing = [document for document in run.snapshot(commit).documents if document.document_id not in wanted]
    before = read_published(run)
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
    refuse_rolled_back(run)
    quality_gate.check(run.settings, store)
    switch(run, store, published)
    run.published = commit
    files.remove(run.data.changing(run.settings.qdrant.collection_name))


def _previous(before: Published | None, collection: str) -> str | None:
    if before is None:
        return None
    return before.previous if before.collection == collection else before.collection


def _clean_up(run: Run) -> None:
    """What is published is published, whether or not what is old can be removed."""
    try:
        for gone in retention.collect_after_run(run):
            log.info("removed %s", gone)
    except PipelineError as error:
        log.warning("old collections and files stay, as they cannot be removed now: %s", public_message(error))
