"""Where things stand: the last snapshot, how far each stage got, what is quarantined, is the collection exact."""

from __future__ import annotations

from pipeline import index, publication, quarantine
from pipeline.errors import ErrorCode, PipelineError
from pipeline.results import FailedDocument, Rollback
from pipeline.run import Run
from pipeline.schema import Record, SkippedFile, Stage


class QuarantinedDocument(FailedDocument):
    """A document that is set aside, and what to do about it."""

    remedy: str


class Status(Record):
    """What `nic status` shows. `collection` is what the settings give, `points` what readers see."""

    commit: str | None
    documents: int
    stages: dict[Stage, int]
    quarantined: tuple[QuarantinedDocument, ...]
    skipped: tuple[SkippedFile, ...]
    alias: str
    collection: str
    points: int
    published: bool
    readers_see: str | None = None
    rolled_back: Rollback | None = None

    @property
    def needs_attention(self) -> bool:
        return bool(self.quarantined) or not self.published


class Verification(Record):
    """Whether the collection is exactly what was published; every difference is one line."""

    commit: str
    collection: str
    documents: int
    points: int
    differences: tuple[str, ...]

    @property
    def exact(self) -> bool:
        return not self.differences


def status(run: Run) -> Status:
    """Read off the files alone, so that it works while a run is going on."""
    snapshot = run.latest_snapshot()
    documents = snapshot.documents if snapshot else ()
    published = publication.read_published(run)
    return Status(
        commit=snapshot.commit if snapshot else None,
        documents=len(documents),
        stages={stage: sum(run.is_done(stage, document) for document in documents) for stage in Stage},
        quarantined=tuple(
            QuarantinedDocument(path=held.path, failure=held.failure, remedy=held.failure.code.remedy)
            for held in quarantine.quarantined(run, documents)
        ),
        skipped=snapshot.skipped if snapshot else (),
        alias=run.settings.qdrant.collection_name,
        collection=run.fingerprints.collection,
        points=published.points if published else 0,
        published=snapshot is not None and index.is_published(run, snapshot.commit),
        readers_see=published.collection if published else None,
        rolled_back=publication.rolled_back(run),
    )


def verify(run: Run) -> Verification:
    """Compare the published collection with its snapshot, point by point. Raises PipelineError before the first run."""
    published = publication.read_published(run)
    if published is None:
        raise PipelineError(
            "nothing is published yet; run `luigi --module pipeline RunAll` first", ErrorCode.INCOMPLETE
        )
    paths = {document.document_id: document.path for document in index.published_documents(run, published)}
    store = index.open_store(run, published.collection)
    differences = [
        f"{found.kind}: {paths.get(found.document_id, found.document_id)}: {found.detail}"
        for found in index.differences(store, published.documents)
    ]
    if store.published_collection() != published.collection:
        differences.append(f"alias: {run.settings.qdrant.collection_name} does not point at {published.collection}")
    return Verification(
        commit=published.commit,
        collection=published.collection,
        documents=len(published.documents),
        points=published.points,
        differences=tuple(differences),
    )
