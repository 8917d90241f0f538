"""The tasks of one document, a stage each."""

from __future__ import annotations

from typing import ClassVar
from urllib.parse import quote, unquote

import luigi

from pipeline.flow.flow import flow
from pipeline.run.current import current_run
from pipeline.schema import Document, Stage
from pipeline.tasks.base import File, Task

_AMBIGUOUS = frozenset("%,<>&\"'")


def encode(path: str) -> str:
    """A path as a Luigi parameter: readable, and safe to join with commas and to show on a page."""
    return "".join(quote(each, safe="") if each in _AMBIGUOUS or not each.isprintable() else each for each in path)


class DocumentTask(Task):
    """One stage of one document; Luigi may join several documents into one task (`documents`)."""

    commit = luigi.Parameter(description="the snapshot's commit")
    document = luigi.Parameter(description="path of the document, encoded", batch_method=",".join)
    priority = 10  # above the shard's, so that a shard is finished before the next one opens
    max_batch_size = 256
    stage: ClassVar[Stage]

    @property
    def documents(self) -> list[Document]:
        known = current_run().documents(self.commit)
        return [known[unquote(path)] for path in self.document.split(",")]

    def upstream(self, task: type[luigi.Task]) -> list[luigi.Task]:
        """The same documents in another stage, a task each."""
        return [task(commit=self.commit, document=path) for path in self.document.split(",")]

    def output(self) -> list[File]:
        return [File(current_run().files_of(document).target(self.stage)) for document in self.documents]

    def complete(self) -> bool:
        return all(current_run().is_settled(self.stage, document) for document in self.documents)

    def run(self) -> None:
        """Says nothing to luigid, which would show it on every document of the batch; the visualiser does."""
        flow(current_run(), self.commit).advance(self.stage, self.documents)


class FetchDocument(DocumentTask):
    """source.<ext>: the document's bytes, verified."""

    # what it requires, the snapshot, is its shard's requirement: luigid is asked once, not for each document
    stage = Stage.FETCH


class ConvertDocument(DocumentTask):
    """document-<fingerprint>.json: a DoclingDocument."""

    stage = Stage.CONVERT

    def requires(self) -> list[luigi.Task]:
        return self.upstream(FetchDocument)


class ChunkDocument(DocumentTask):
    """chunks-<fingerprint>.json."""

    stage = Stage.CHUNK

    def requires(self) -> list[luigi.Task]:
        return self.upstream(ConvertDocument)


class EmbedDocument(DocumentTask):
    """embeddings-<fingerprint>.npy and terms-<fingerprint>.json."""

    stage = Stage.EMBED

    def requires(self) -> list[luigi.Task]:
        return self.upstream(ChunkDocument)


class StoreDocument(DocumentTask):
    """The receipt of a document's points in the collection."""

    stage = Stage.STORE
    resources = {"qdrant": 1}  # noqa: RUF012  # local mode admits one process at a time

    def requires(self) -> list[luigi.Task]:
        return self.upstream(EmbedDocument)
