"""How things stand: what readers see, since when, how far behind the source it is, what is quarantined."""

from __future__ import annotations

import contextlib
import shlex
from datetime import UTC, datetime

from pydantic import Field, NonNegativeInt

from pipeline.errors import ErrorCode, PipelineError
from pipeline.flow.store_document import is_run_unfinished
from pipeline.publish.published import last_success, read_published, rolled_back
from pipeline.publish.published_file import totals
from pipeline.run import quarantine
from pipeline.run.current import Run
from pipeline.run.records import Published
from pipeline.schema import Document, Record, Snapshot, Stage, Timestamp


class Quarantined(Record):
    """A document that is not in the collection, why, and what to do about it."""

    path: str
    stage: Stage
    code: ErrorCode
    message: str
    remedy: str
    release: str = Field(description="the command after which the next run tries it again")
    since: Timestamp
    run_id: str
    blob_sha: str = Field(description="of its content; documents of equal content are released together")


class Standing(Record):
    """What readers are given, and what stands between it and the source."""

    alias: str
    collection: str | None = None
    commit: str | None = None
    published: Timestamp | None = None
    proven: Timestamp | None = None
    documents: NonNegativeInt = 0
    points: NonNegativeInt = 0
    incomplete: NonNegativeInt = 0
    quarantined: NonNegativeInt = 0
    listed_commit: str | None = None
    listed_documents: NonNegativeInt = 0
    listed: Timestamp | None = Field(None, description="when a run looked at the source last")
    is_current: bool = Field(False, description="as of `listed`: what came to the branch since is not known")
    waiting: NonNegativeInt = Field(
        0, description="documents that the listing of `listed` has differently, or not; quarantined ones aside"
    )
    is_changing: bool = Field(
        False, description="a run is at work or was stopped, so that the collection may be ahead of what is published"
    )
    rolled_back_from: str | None = None


def read_standing(run: Run) -> Standing:
    """Read off the files alone, so that it works while a run is going on."""
    published, success, snapshot = read_published(run), last_success(run), run.listings.latest()
    back = rolled_back(run)
    is_current = published is not None and snapshot is not None and published.commit == snapshot.commit
    return Standing(
        alias=run.settings.qdrant.collection_name,
        collection=published.collection if published else None,
        commit=published.commit if published else None,
        published=_written(run.data.published(run.settings.qdrant.collection_name)),
        proven=success.time if success and published and success.commit == published.commit else None,
        documents=len(published.documents) if published else 0,
        points=published.points if published else 0,
        incomplete=totals(published.documents).incomplete if published else 0,
        quarantined=len(published.quarantined) if published else 0,
        listed_commit=snapshot.commit if snapshot else None,
        listed_documents=len(snapshot.documents) if snapshot else 0,
        listed=_written(run.data.latest_snapshot),
        is_current=is_current,
        waiting=0 if is_current or snapshot is None else _differing(run, snapshot, published),
        is_changing=is_run_unfinished(run),
        rolled_back_from=back.collection if back else None,
    )


def list_quarantined(run: Run) -> list[Quarantined]:
    """Of the latest listing, by path."""
    snapshot = run.listings.latest()
    documents = snapshot.documents if snapshot else ()
    held = quarantine.quarantined(run, documents)
    known = {document.path: document for document in documents}
    return [
        Quarantined(
            path=each.path,
            stage=each.failure.stage,
            code=each.failure.code,
            message=each.failure.message,
            remedy=each.failure.code.remedy,
            release=_release(run, known[each.path], each.failure.code),
            since=each.failure.time,
            run_id=each.failure.run_id,
            blob_sha=known[each.path].blob_sha,
        )
        for each in held
    ]


def _release(run: Run, document: Document, code: ErrorCode) -> str:
    if code is ErrorCode.PURGED:
        return shlex.join(["nic", "purge", "--release", run.purges.name_of(document)])
    return shlex.join(["nic", "retry", document.path])


def _differing(run: Run, snapshot: Snapshot, published: Published | None) -> int:
    """Documents that are new, changed or gone; those in quarantine are not waited for."""
    known = {key: version.content_version for key, version in published.documents.items()} if published else {}
    listed = {each.document_id: run.fingerprints.content_version(each) for each in snapshot.documents}
    held = {each.path for each in quarantine.quarantined(run, snapshot.documents)}
    waiting = (each for each in snapshot.documents if known.get(each.document_id) != listed[each.document_id])
    return sum(each.path not in held for each in waiting) + len(known.keys() - listed.keys())


def _written(path: object) -> datetime | None:
    with contextlib.suppress(FileNotFoundError, AttributeError, PipelineError):
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)  # type: ignore[attr-defined]
    return None
