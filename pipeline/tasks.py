"""The Luigi tasks: when and where. How is in the stage modules, which know nothing of Luigi.

RunAll -> Snapshot, Shard … -> (Fetch -> Convert -> Chunk -> Embed -> Store per document), Finalize.
Documents are yielded shard by shard, so that the scheduler never holds many pending tasks; Luigi batches the ready
documents of a stage into one run(), which maps them over the engine.
"""

from __future__ import annotations

import contextlib
import functools
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import quote, unquote

import luigi
from luigi.cmdline_parser import CmdlineParser

from pipeline.datadir import files
from pipeline.datadir.files import FilePath
from pipeline.embed import begin_export
from pipeline.engine.interruption import INTERRUPTED, stoppable
from pipeline.errors import ErrorCode, PipelineError, TransientError
from pipeline.escaping import for_luigid
from pipeline.flow import shards, text_limit
from pipeline.flow.flow import flow
from pipeline.flow.store_document import check_reachable
from pipeline.monitoring.recorder import published_line
from pipeline.publish import finalize
from pipeline.publish.deletion_guard import check_listing
from pipeline.publish.published import is_published, note_success, refuse_rolled_back
from pipeline.report import printed, report_run
from pipeline.run.current import current_run, keep_privately
from pipeline.run.events import Publishing
from pipeline.run.refusals import note_refusal
from pipeline.run.summary import Summary
from pipeline.schema import Document, Stage
from pipeline.settings.secrets import public_message, terminal_message

_AMBIGUOUS = frozenset("%,<>&\"'")


def encode(path: str) -> str:
    """A path as a Luigi parameter: readable, and safe to join with commas and to show on a page."""
    return "".join(quote(each, safe="") if each in _AMBIGUOUS or not each.isprintable() else each for each in path)


def _say(task: luigi.Task, message: str) -> None:
    """Show a message on the task's line of the visualiser; Luigi sets the attribute while the task runs."""
    if task.set_status_message:
        task.set_status_message(for_luigid(message))


class CommitParameter(luigi.Parameter):
    """A commit; empty means the branch's head, resolved when the task is made, so that a run is pinned to one SHA."""

    def normalize(self, x: str) -> str:
        try:
            with stoppable_command():
                return x or current_run().source.head()  # invalid settings show here, before any work
        except PipelineError as error:
            note_refusal(error)
            if CmdlineParser.get_instance():  # a person at a terminal needs the message, not a traceback
                sys.exit(f"error: {terminal_message(error)}")
            raise


class Task(luigi.Task):
    """Shows a failure to the scheduler, whose pages others read, in words made for that; never a traceback."""

    @classmethod
    @functools.cache
    def get_params(cls) -> list[tuple[str, luigi.Parameter[Any]]]:
        """A class's parameters do not change; Luigi looks for them again for every task, a fifth of its time."""
        return list(super().get_params())

    def on_failure(self, exception: BaseException) -> str:
        keep_privately(self.task_id, exception)
        _note_error(exception)
        return public_message(exception)


@Task.event_handler(luigi.Event.BROKEN_TASK)
def _broken(_: luigi.Task, error: Exception) -> None:
    _note_error(error)


def _note_error(error: BaseException) -> None:
    """The first is why the run fails; others may follow from it."""
    run = current_run()
    if run.error is None and isinstance(error, Exception):
        run.error = error


class File(luigi.Target):
    """A file of the data directory, wherever that is."""

    def __init__(self, path: FilePath) -> None:
        self.path = str(path)
        self.file = path

    def exists(self) -> bool:
        return files.exists(self.file)


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
        run, documents = current_run(), self._documents
        run.refresh(documents)
        text_limit.refuse_converted(run, documents)
        pending = [document for document in documents if not run.is_settled(Stage.STORE, document)]
        if pending:
            run.log.append(shards.opened(run, self.index, len(documents), pending))
            _say(self, f"{len(pending)} of {len(documents)} documents to do")
        yield self._to_store(pending)
        stored = shards.stored_versions(run, documents)
        if not self._is_healed:  # else a disk that damages all it takes would be tried for ever
            self._is_healed = True
            yield self._to_store(documents)  # again, those whose receipts are damaged
        manifest = shards.manifest(run, documents, stored)
        files.write_json(self.output().file, manifest)
        self.outcome = f"{len(manifest.documents)} of {len(documents)} documents are stored"
        _say(self, self.outcome)


class Finalize(Task):
    """Removes what left the folder, proves that the collection equals the snapshot, publishes and reports."""

    commit = luigi.Parameter(description="the snapshot's commit")
    shards = luigi.IntParameter(description="how many shards there are")
    resources = {"qdrant": 1}  # noqa: RUF012

    def requires(self) -> list[Shard]:
        return [Shard(commit=self.commit, index=k, count=self.shards) for k in shards.order(self.shards)]

    def output(self) -> File:
        run = current_run()
        return File(run.data.published(run.settings.qdrant.collection_name))

    def complete(self) -> bool:
        return is_published(current_run(), self.commit)

    def run(self) -> None:
        _say(self, "removing what left the folder, proving the collection, publishing")
        current_run().log.append(Publishing(time=datetime.now(UTC)))
        result = finalize.finalize(current_run(), self.commit, self.shards)
        report_run(current_run(), result)
        if recording := current_run().recording:
            recording.settle()
        printed.show(result)
        _say(self, _outcome(result))
        if result.outcome == "incomplete":
            raise TransientError(
                f"{result.unfinished} documents failed in this run; run again to retry them", ErrorCode.INCOMPLETE
            )


def _outcome(result: Summary) -> str:
    """What the visualiser shows at the end of a run; the summary names the documents."""
    stored = result.new + result.changed + result.unchanged
    lacking = result.text_coverage.documents if result.text_coverage else 0
    what = "published" if result.outcome == "finished" else "nothing published; stored"
    more = {"quarantined": len(result.quarantined), "lacking text": lacking}
    return "; ".join(
        [
            f"{what}: {stored} of {result.total} documents",
            *(f"{name}: {count}" for name, count in more.items() if count),
        ]
    )


class RunAll(Task):
    """The main job: the collection becomes exactly the approved documents of the pinned commit."""

    commit = CommitParameter(default="", description="commit to work on; empty: the head of the branch")

    def complete(self) -> bool:
        return is_published(current_run(), self.commit)

    def run(self) -> Iterator[Any]:
        refuse_rolled_back(current_run())
        _prepare()
        yield Snapshot(commit=self.commit)
        current_run().listings.note_latest(self.commit)
        count = shards.count(current_run().snapshot(self.commit), current_run().settings.pipeline.shard_size)
        yield Finalize(commit=self.commit, shards=count)


class RunDocuments(Task):
    """Some documents of a commit, through every stage. The collection keeps all others; nothing is published."""

    commit = CommitParameter(default="", description="commit to work on; empty: the head of the branch")
    documents = luigi.ListParameter(description="paths of the documents, from the root")

    def complete(self) -> bool:
        if not Snapshot(commit=self.commit).complete():
            return False
        run = current_run()
        documents = [run.documents(self.commit)[path] for path in self.documents]
        is_settled = all(run.is_settled(Stage.STORE, document) for document in documents)
        return is_settled and not any(text_limit.to_refuse(run, documents))

    def run(self) -> Iterator[Any]:
        _prepare()
        yield Snapshot(commit=self.commit)
        run = current_run()
        run.listings.note_latest(self.commit)
        documents = [run.documents(self.commit)[path] for path in self.documents]
        text_limit.refuse_converted(run, documents)
        pending = [document for document in documents if not run.is_settled(Stage.STORE, document)]
        if run.recording and pending:
            run.recording.begin(self.commit, lambda: pending)
            run.log.append(shards.opened(run, 0, len(pending), pending))
        yield [StoreDocument(commit=self.commit, document=encode(path)) for path in self.documents]


def _prepare() -> None:
    """What every document will need; fails here, before any work. Raises ConfigurationError, TransientError."""
    run = current_run()
    check_reachable(run)
    if not run.settings.engine.dask_address:  # its workers embed, on machines of their own
        begin_export(run.settings.embedding, run.data.models)


@Finalize.event_handler(luigi.Event.DEPENDENCY_DISCOVERED)
def _begin(task: luigi.Task, _: luigi.Task) -> None:
    """Luigi's own process asks what there is to do, whichever processes do it."""
    recording = current_run().recording
    if recording and isinstance(task, Finalize):
        recording.begin(task.commit, lambda: shards.unfinished(current_run(), task.commit, task.shards))


@RunAll.event_handler(luigi.Event.DEPENDENCY_PRESENT)
def _nothing_to_do(task: luigi.Task) -> None:
    if isinstance(task, RunAll):
        current_run().data.tidy()
        current_run().listings.note_latest(task.commit)
        printed.show_up_to_date(current_run().settings.qdrant.collection_name, task.commit)
        note_success(current_run())


def stoppable_command() -> contextlib.AbstractContextManager[None]:
    """`stoppable` in a command of Luigi's; a program that calls Luigi as a library keeps its own signal handlers."""
    return stoppable(_interrupted_line) if CmdlineParser.get_instance() else contextlib.nullcontext()


def _interrupted_line() -> str:
    is_known = current_run.cache_info().currsize > 0  # a signal may come before the settings are read
    return (published_line(current_run()) if is_known else None) or INTERRUPTED
