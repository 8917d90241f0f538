"""Moves documents through their stages and writes down what became of each.

A stage's Luigi task waits here for its own documents. Meanwhile whatever is finished goes on at once to the next stage,
so that converting, embedding and storing overlap; the tasks of those stages then find their targets there.
"""

from __future__ import annotations

import functools
import logging
import os
from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from pipeline.engine import Job, JobOutcome, inline_engine
from pipeline.flow import stage_jobs, text_limit
from pipeline.flow.embedding_pool import EmbeddingPool
from pipeline.flow.healing import Healing
from pipeline.flow.pages_ahead import PagesAhead
from pipeline.flow.store_document import begin_changes, open_collection
from pipeline.run.current import Run
from pipeline.run.findings import Findings, findings_of
from pipeline.run.records import Receipt
from pipeline.schema import Conversion, Document, Stage

if TYPE_CHECKING:
    from pipeline.store.collection import Store

log = logging.getLogger(__name__)


class Flow:
    """The documents on their way at one commit, in one process."""

    def __init__(self, run: Run, commit: str) -> None:
        self._run = run
        self._commit = commit
        if run.is_forked:
            log.warning("Luigi's --workers is above 1: models are loaded for every batch; --workers 1 is faster")
        # a forked process must leave the collection to the store tasks, which Luigi runs one at a time
        self._works_ahead = not run.is_forked
        self._engine = inline_engine() if run.is_forked else run.engine
        self._under_way: dict[str, tuple[Stage, list[Document]]] = {}
        self._pages_ahead: dict[str, PagesAhead] = {}
        self._pool = EmbeddingPool(run)
        self._healing = Healing(run)
        run.under_way = self.under_way

    @cached_property
    def _pools_embedding(self) -> bool:
        return not self._run.is_forked and stage_jobs.pools_embedding(self._run)

    @cached_property
    def _store(self) -> Store:
        begin_changes(self._run)
        return open_collection(self._run)

    def under_way(self) -> dict[Stage, tuple[str, ...]]:
        """Paths of the documents that are being worked on. May be asked from any thread."""
        found: dict[Stage, list[str]] = defaultdict(list)
        for key in self._engine.running():
            known = self._under_way.get(key) or self._under_way.get(key.rpartition("#")[0])
            stage, documents = known or (Stage.EMBED, self._pool.documents(key))
            found[stage] += [document.path for document in documents]
        return {stage: tuple(dict.fromkeys(paths)) for stage, paths in found.items()}  # parts of one count once

    def advance(self, stage: Stage, documents: list[Document]) -> None:
        """Bring every document past `stage`, or record why not.

        Raises what stops everything (disk full, source or store unreachable); all other documents are then dropped,
        for the next run to take up.
        """
        self._run.refresh(documents)
        waiting = {d.document_id for d in documents if not self._run.is_settled(stage, d)}
        try:
            self._begin(stage, [d for d in documents if d.document_id in waiting])
            while waiting or self._healing.is_under_way:  # Luigi asks whether earlier stages are still done
                for document in self._take(stage):
                    waiting.discard(document.document_id)
        except BaseException:
            self._engine.abandon()
            self._under_way.clear()
            self._pages_ahead.clear()
            self._pool = EmbeddingPool(self._run)
            self._healing = Healing(self._run)
            raise

    def _begin(self, stage: Stage, documents: Iterable[Document]) -> None:
        """Submit a stage of documents. Those of equal content and format share their target, so they are one job."""
        for document in documents:
            key = str(self._run.files_of(document).target(stage))
            if key in self._under_way:
                group = self._under_way[key][1]
                group += [] if document in group else [document]
                continue
            self._under_way[key] = stage, [document]
            for job in self._first_jobs(key, stage, document):
                self._engine.submit(job)

    def _first_jobs(self, key: str, stage: Stage, document: Document) -> list[Job]:
        if stage is Stage.STORE:
            return [stage_jobs.store_job(self._run, self._store, self._commit, document)]
        if stage is Stage.EMBED and self._pools_embedding:
            return self._pool.add(document)
        if stage is Stage.CONVERT and PagesAhead.is_worthwhile(self._run, document):
            self._pages_ahead[key] = PagesAhead(self._run, document)
            return [self._pages_ahead[key].begin()]
        return [stage_jobs.job(self._run, stage, document)]

    def _take(self, awaited: Stage) -> list[Document]:
        """Wait for a job, write down what it decides and go on; documents past the awaited stage are returned."""
        past: list[Document] = []
        for outcome in self._next_outcomes():
            stage, documents = self._under_way.pop(outcome.key)
            if self._works_ahead and (made_by := self._healing.begin(outcome.error, stage, documents[0])):
                self._begin(made_by, documents)
                continue
            self._healing.end(stage, documents[0], failed=outcome.error is not None)
            past += documents if stage is awaited else []
            follow = stage_jobs.next_stage(stage)
            if self._record(stage, documents, outcome) and follow and self._works_ahead:
                self._begin(follow, [d for d in documents if not self._run.is_settled(follow, d)])
        return past

    def _next_outcomes(self) -> list[JobOutcome]:
        """What the next job to end decides: one document, several embedded together, or none, if it was a part."""
        if self._engine.is_idle:
            for job in self._pool.flush():
                self._engine.submit(job)
        outcome = self._engine.next()
        if outcome.key in self._under_way:
            if pages := self._pages_ahead.pop(outcome.key, None):
                pages.clean()
            return [outcome]
        if outcome.key in self._pool:
            outcomes, jobs = self._pool.split(outcome)
        else:
            outcomes, jobs = [], self._pages_ahead[outcome.key.rpartition("#")[0]].follow(outcome)
        for job in jobs:
            self._engine.submit(job)
        return outcomes

    def _record(self, stage: Stage, documents: list[Document], outcome: JobOutcome) -> bool:
        """Write the outcome down; True when the documents can go on."""
        run = self._run
        refused = text_limit.refusal(run, outcome.result) if isinstance(outcome.result, Conversion) else None
        if outcome.error is None:
            run.note_done(stage, documents[0])
        error = outcome.error or refused
        failure = run.record_failure(stage, documents[0], error) if error else None
        for document in documents:
            run.log.document(stage, document.path, outcome.seconds, failure, _findings(outcome.result, refused))
        return failure is None


def _findings(result: object, refused: Exception | None) -> Findings | None:
    """What is told of a document once: when it is stored, or when it is refused for what was found."""
    if isinstance(result, Conversion) and refused:
        return findings_of(result)
    return result if isinstance(result, Receipt) else None


@functools.lru_cache(maxsize=1)
def _flow(run: Run, commit: str, pid: int) -> Flow:
    return Flow(run, commit)


def flow(run: Run, commit: str) -> Flow:
    """The flow of this process: jobs that one task began are known to the next. A forked process has its own."""
    return _flow(run, commit, os.getpid())
