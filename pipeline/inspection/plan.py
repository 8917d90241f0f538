"""What a run would do, document by document, and why; looks at the source and at the files, changes nothing."""

from __future__ import annotations

from pipeline.flow import text_limit
from pipeline.publish.published import published_documents, read_published
from pipeline.run.current import Run
from pipeline.schema import Document, Record, Stage


class PlannedDocument(Record):
    """One line of a plan."""

    path: str
    action: str
    reason: str
    stages: tuple[Stage, ...] = ()


class Plan(Record):
    """What a run would do with every document of `commit`, and with those that left since the last one published."""

    commit: str
    collection: str
    documents: tuple[PlannedDocument, ...]

    @property
    def pending(self) -> list[PlannedDocument]:
        """Documents that a run would touch."""
        return [document for document in self.documents if document.action not in ("keep", "quarantined")]


def make_plan(run: Run) -> Plan:
    """Compare the source as it is now with what is published and with the targets on disk.

    The listed documents by path, then those that left, by path too.
    """
    snapshot = run.source.snapshot(run.source.head())
    published = read_published(run)
    known = {document.document_id: document for document in published_documents(run, published)} if published else {}
    listed = sorted(snapshot.documents, key=lambda document: document.path)
    lines = [_line(run, document, known.get(document.document_id)) for document in listed]
    here = {document.document_id for document in snapshot.documents}
    lines += [
        PlannedDocument(path=document.path, action="remove", reason="left the folder")
        for document in sorted(known.values(), key=lambda document: document.path)
        if document.document_id not in here
    ]
    return Plan(commit=snapshot.commit, collection=run.fingerprints.collection, documents=tuple(lines))


def _line(run: Run, document: Document, before: Document | None) -> PlannedDocument:
    failure = run.failure(document)
    if failure and failure.permanent:
        return PlannedDocument(path=document.path, action="quarantined", reason=failure.reason)
    if refused := next(text_limit.to_refuse(run, [document]), None):
        _, error, _ = refused
        return PlannedDocument(path=document.path, action="quarantined", reason=f"{error} ({error.code})")
    stages = _stages_to_run(run, document)
    if not stages:
        return PlannedDocument(path=document.path, action="keep", reason="stored and unchanged")
    if before is None:
        action, reason = "add", "not in the collection"
    elif before.blob_sha != document.blob_sha:
        action, reason = "update", "its content changed"
    elif before != document:
        action, reason = "update", "its author, dates or commit changed"
    else:
        action, reason = "update", "settings or versions changed"
    return PlannedDocument(path=document.path, action=action, reason=reason, stages=stages)


def _stages_to_run(run: Run, document: Document) -> tuple[Stage, ...]:
    """The stages after the last one whose target exists, as Luigi will find them."""
    needed: list[Stage] = []
    for stage in reversed(Stage):
        if run.is_done(stage, document):
            break
        needed.insert(0, stage)
    return tuple(needed)
