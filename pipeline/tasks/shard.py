"""The listing, and the parts of it that documents are worked on in."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import luigi

from pipeline.datadir import files
from pipeline.flow import shards, text_limit
from pipeline.publish.deletion_guard import check_listing
from pipeline.run.current import current_run
from pipeline.schema import Document, Stage
from pipeline.tasks.base import File, Task, say
from pipeline.tasks.documents import StoreDocument, encode


class Snapshot(Task):
    """The complete listing of the folder at one commit."""

    commit = luigi.Parameter(description="commit SHA, or digest of the listing")

    def output(self) -> File:
        return File(current_run().listings.path(self.commit))

    def complete(self) -> bool:
        return current_run().listings.is_there(self.commit)

    def run(self) -> None:
        run = current_run()
        run.listings.keep(run.source.snapshot(self.commit), functools.partial(check_listing, run))


class Shard(Task):
    """Some of the snapshot's documents. Its manifest names what it holds, so a finished shard is never expanded."""

    commit = luigi.Parameter(description="the snapshot's commit")
    index = luigi.IntParameter(description="which shard, from 0")
    count = luigi.IntParameter(description="how many shards there are")
    priority = 5
    _is_healed = False
    outcome = ""  # after it has run

    def requires(self) -> Snapshot:
        return Snapshot(commit=self.commit)

    def output(self) -> File:
        run = current_run()
        return File(run.data.shard(run.fingerprints.collection, self.index, self.count))

    def complete(self) -> bool:
        return shards.is_finished(current_run(), self.commit, self.index, self.count)

    @property
    def _documents(self) -> list[Document]:
        return shards.documents(current_run(), self.commit, self.index, self.count)

    def _to_store(self, documents: list[Document]) -> list[StoreDocument]:
        """Tasks of those that are neither stored nor failed."""
        pending = (each for each in documents if not current_run().is_settled(Stage.STORE, each))
        return [StoreDocument(commit=self.commit, document=encode(document.path)) for document in pending]

    def run(self) -> Iterator[Any]:
        """Store what is pending, look once more for damaged receipts, and write the manifest down."""
        run, documents = current_run(), self._documents
        run.refresh(documents)
        text_limit.refuse_converted(run, documents)
        pending = [document for document in documents if not run.is_settled(Stage.STORE, document)]
        if pending:
            run.log.append(shards.opened(run, self.index, documents))
            say(self, f"{len(pending)} of {len(documents)} documents to do")
        yield self._to_store(pending)
        stored = shards.stored_versions(run, documents)
        if not self._is_healed:  # else a disk that damages all it takes would be tried for ever
            self._is_healed = True
            yield self._to_store(documents)  # again, those whose receipts are damaged
        manifest = shards.manifest(run, documents, stored)
        files.write_json(self.output().file, manifest)
        self.outcome = f"{len(manifest.documents)} of {len(documents)} documents are stored"
        say(self, self.outcome)
