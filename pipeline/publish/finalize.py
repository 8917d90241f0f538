"""Brings a collection in step with a snapshot: stores documents, removes what left, proves equality, publishes."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from pipeline.datadir import files
from pipeline.errors import ErrorCode, PipelineError
from pipeline.flow import shards
from pipeline.flow.flow import flow
from pipeline.flow.shard_digests import shard_digests
from pipeline.flow.store_document import begin_changes, forget, open_collection
from pipeline.publish import point_proof, published_file, quality_gate, retention
from pipeline.publish.deletion_guard import refuse_mass_deletion
from pipeline.publish.published import note_success, read_published, refuse_rolled_back, switch
from pipeline.report.summarise import summarise
from pipeline.run import quarantine
from pipeline.run.current import Run
from pipeline.run.listing_file import by_id, parts_of
from pipeline.run.records import Published, StoredVersion
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
    wanted = published_file.keep(run.data, run.fingerprints.collection, shards.stored(run, shard_count))
    shard_digests(run, shard_count).keep(run, commit)
    before = read_published(run)
    unfinished = frozenset(_unfinished(run, commit, wanted))
    refuse_mass_deletion(run, before, wanted, unfinished)
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


def _unfinished(run: Run, commit: str, wanted: Mapping[str, StoredVersion]) -> Iterator[str]:
    """Ids of the documents that are neither stored nor quarantined."""
    for document in _not_stored(run, commit, wanted):
        if not _is_quarantined(run, document):
            yield document.document_id


def _not_stored(run: Run, commit: str, wanted: Mapping[str, StoredVersion]) -> Iterator[Document]:
    listed = run.snapshot(commit).documents
    if len(wanted) == len(listed):  # very many need not be read to know that
        return
    for part in parts_of(listed):
        yield from (document for key, document in part.items() if key not in wanted)


def _is_quarantined(run: Run, document: Document) -> bool:
    failure = run.failure(document)
    return failure is not None and failure.permanent


def _bring_in_step(
    run: Run, store: Store, commit: str, wanted: Mapping[str, StoredVersion], unfinished: frozenset[str]
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
    listed = by_id(run.snapshot(commit).documents)
    again = [listed[key] for key in sorted(damaged) if key in listed]
    run.forget(run.files_of(document).receipt for document in again)
    flow(run, commit).advance(Stage.STORE, again)
    if found and (left := _differences(run, store, wanted, unfinished)):
        raise PipelineError(
            f"{len(left)} documents in the collection are not what was stored, although they were stored again; "
            "does anything else write to it? `nic verify` lists them",
            ErrorCode.STORE_MISMATCH,
        )


def _differences(
    run: Run, store: Store, wanted: Mapping[str, StoredVersion], unfinished: frozenset[str]
) -> list[Difference]:
    """Of the points themselves as far as it is their turn; `unfinished` documents aside."""
    found = point_proof.differences(store, wanted, point_proof.due(run, store))
    return [difference for difference in found if difference.document_id not in unfinished]


def _publish(run: Run, store: Store, commit: str, wanted: Mapping[str, StoredVersion]) -> None:
    """The alias moves when all that may speak against it has been asked."""
    store.optimise()
    before = read_published(run)
    published = Published(
        commit=commit,
        collection=run.fingerprints.collection,
        fingerprint=run.fingerprints.all,
        points=published_file.totals(wanted).points,
        quarantined=quarantine.evidence(run, _not_stored(run, commit, wanted)),
        previous=_previous(before, run.fingerprints.collection),
        documents={},
        kept_by_server=run.settings.qdrant.kept_by_server,
    )
    refuse_rolled_back(run)
    quality_gate.check(run.settings, store)
    switch(run, store, published_file.with_documents(published, wanted))
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
