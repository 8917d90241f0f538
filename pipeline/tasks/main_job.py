"""The main job: publishes what the shards have stored; and the same for some documents only."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import luigi

from pipeline.embed import begin_export
from pipeline.errors import ErrorCode, TransientError
from pipeline.flow import shards, text_limit
from pipeline.flow.store_document import check_reachable
from pipeline.publish import finalize
from pipeline.publish.published import is_published, last_success, note_success, refuse_rolled_back
from pipeline.report import printed, report_run
from pipeline.run.current import current_run
from pipeline.run.events import Publishing
from pipeline.run.summary import Summary
from pipeline.schema import Stage
from pipeline.settings.secrets import public_message
from pipeline.tasks.base import CommitParameter, File, Task, say
from pipeline.tasks.documents import StoreDocument, encode
from pipeline.tasks.shard import Shard, Snapshot

log = logging.getLogger(__name__)


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
        say(self, "removing what left the folder, proving the collection, publishing")
        current_run().log.append(Publishing(time=datetime.now(UTC)))
        result = finalize.finalize(current_run(), self.commit, self.shards)
        report_run(current_run(), result)
        if recording := current_run().recording:
            recording.settle()
        printed.show(result)
        say(self, _outcome(result))
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
        """Whether each is stored or failed, and none lacks more text than the present limit allows."""
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
            run.log.append(shards.opened(run, 0, pending))
        yield [StoreDocument(commit=self.commit, document=encode(path)) for path in self.documents]


def _prepare() -> None:
    """What every document will need; fails here, before any work. Raises ConfigurationError, TransientError."""
    run = current_run()
    if run.settings.engine.kind == "processes" and not run.is_forked:
        run.engine.begin()  # while this one loads Qdrant's client
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
        try:
            current_run().data.tidy()
            current_run().listings.note_latest(task.commit)
            note_success(current_run())
        except TransientError as error:  # the collection is in step, whether that can be written down or not
            log.warning("the success of this run could not be noted: %s", public_message(error))
        success = last_success(current_run())
        alias = current_run().settings.qdrant.collection_name
        printed.show_up_to_date(alias, task.commit, success.quarantined if success else 0)
