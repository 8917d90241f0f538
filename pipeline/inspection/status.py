"""Where things stand: the last snapshot, how far each stage got, what is quarantined, is the collection exact."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable

from pydantic import Field

from pipeline.datadir import files
from pipeline.errors import DamagedFileError
from pipeline.flow.text_limit import collect_findings
from pipeline.publish.published import is_published, read_published, rolled_back
from pipeline.run import quarantine
from pipeline.run.current import Run
from pipeline.run.findings import TextCoverage, Warned
from pipeline.run.records import Published, Receipt, Rollback, StoredVersion
from pipeline.run.summary import FailedDocument
from pipeline.schema import Document, Record, SkippedFile, Stage


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
    warnings: dict[str, Warned] = Field(default_factory=dict, description="all documents that have each")
    text_coverage: TextCoverage = Field(TextCoverage(), description="with all documents of which text is missing")

    @property
    def needs_attention(self) -> bool:
        """What `nic status --check` exits with 3 for: a document in quarantine, or a collection out of step."""
        return bool(self.quarantined) or not self.published


def status(run: Run) -> Status:
    """Read off the files alone, so that it works while a run is going on."""
    snapshot = run.listings.latest()
    documents = snapshot.documents if snapshot else ()
    published = read_published(run)
    found = collect_findings(run, documents, _stored(run, documents, published))
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
        warnings=found.warned,
        text_coverage=found.text_coverage,
    )


def _stored(run: Run, documents: Iterable[Document], published: Published | None) -> dict[str, StoredVersion]:
    """What is stored of the documents, by id: as it was published, or as its receipt says where that is newer."""
    known = published.documents if published else {}
    stored: dict[str, StoredVersion] = {}
    for document in documents:
        if not run.is_done(Stage.STORE, document):
            continue
        version = known.get(document.document_id)
        if version and version.content_version == run.fingerprints.content_version(document):
            stored[document.document_id] = version
            continue
        with contextlib.suppress(FileNotFoundError, DamagedFileError):  # a run will make it again
            stored[document.document_id] = files.read_model(run.files_of(document).receipt, Receipt).version
    return stored
