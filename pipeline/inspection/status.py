"""Where things stand: the last snapshot, how far each stage got, what is quarantined, is the collection exact."""

from __future__ import annotations

from pipeline.publish.published import is_published, read_published, rolled_back
from pipeline.run import quarantine
from pipeline.run.current import Run
from pipeline.run.records import Rollback
from pipeline.run.summary import FailedDocument
from pipeline.schema import Record, SkippedFile, Stage


class QuarantinedDocument(FailedDocument):
    """A quarantined document, and what to do about it."""

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


def status(run: Run) -> Status:
    """Read off the files alone, so that it works while a run is going on."""
    snapshot = run.latest_snapshot()
    documents = snapshot.documents if snapshot else ()
    published = read_published(run)
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
        published=snapshot is not None and is_published(run, snapshot.commit),
        readers_see=published.collection if published else None,
        rolled_back=rolled_back(run),
    )
