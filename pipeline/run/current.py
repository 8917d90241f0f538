"""The one run of this process: effective settings, where its files are, what is done already, what failed.

Tasks ask `current_run()`; the plain functions of the stages never do.
"""

from __future__ import annotations

import contextlib
import functools
import os
import time
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Protocol

from pipeline.datadir import files
from pipeline.datadir.files import FilePath
from pipeline.datadir.inventory import Inventory
from pipeline.datadir.paths import DataDir
from pipeline.engine import Engine, open_engine
from pipeline.errors import DamagedFileError, ErrorCode, PipelineError, Severity, severity
from pipeline.run.document_files import DocumentFiles
from pipeline.run.events import RunLog
from pipeline.run.fingerprints import Fingerprints, versions
from pipeline.run.listing_file import by_path
from pipeline.run.listings import Listings
from pipeline.run.purges import Purges, read_purges
from pipeline.run.run_id import new_run_id
from pipeline.run.summary import FailedDocument
from pipeline.schema import Document, Failure, Snapshot, Stage
from pipeline.settings.load import load_settings
from pipeline.settings.secrets import public_message
from pipeline.settings.sections import Settings
from pipeline.sources import Source, open_source


class Recording(Protocol):
    """Tells others how far the run is; `pipeline.monitoring.recorder` is the one there is."""

    def begin(self, commit: str, find_unfinished: Callable[[], Iterable[Document]]) -> None:
        """The listing is there; `find_unfinished` gives the documents that there may be something to do for."""

    def settle(self) -> None:
        """Take the last sample, before the run is summed up, and leave the terminal to others."""


class Run:
    """Everything a task needs to know besides its parameters."""

    def __init__(self, settings: Settings, run_id: str) -> None:
        self.settings = settings
        self.id = run_id
        self.started = time.monotonic()
        self.data = DataDir.at(settings.pipeline.data_dir)
        self.fingerprints = Fingerprints(settings)
        _ = self.fingerprints.all  # an embedding model that cannot be named stops a run before it begins
        self.log = RunLog(self.data.run(run_id))
        self.recording: Recording | None = None
        self.published: str | None = None  # the commit that readers see since this run
        self.error: Exception | None = None  # of the first task that failed
        self.under_way: Callable[[], dict[Stage, tuple[str, ...]]] = dict
        self.finished_shards: set[tuple[str, int, int]] = set()
        self._pid = os.getpid()
        self._inventory = Inventory()
        self.listings = Listings(self.data, self.fingerprints.snapshot, settings.pipeline.shard_size)
        self._documents: dict[str, Mapping[str, Document]] = {}

    @cached_property
    def source(self) -> Source:
        """Where documents come from, for all that is asked of it in this run. Raises ConfigurationError."""
        return open_source(self.settings, self.listings.latest)

    @cached_property
    def engine(self) -> Engine:
        """Where heavy work runs; local processes start with the first job. Raises ConfigurationError."""
        return open_engine(self.settings)

    @cached_property
    def purges(self) -> Purges:
        """What is not taken in, as it was when this run began. Raises ConfigurationError."""
        return read_purges(self.data.purges)

    def forget_purges(self) -> None:
        """Read anew what is not taken in, when that is asked next."""
        self.__dict__.pop("purges", None)

    @property
    def is_forked(self) -> bool:
        """True in a process that Luigi forked (--workers above 1), which must use nothing that its parent opened."""
        return os.getpid() != self._pid

    # -- files ---------------------------------------------------------------------------------------------------

    def snapshot(self, commit: str) -> Snapshot:
        """The listing of a commit. Raises FileNotFoundError before its task has run."""
        return self.listings.read(commit)

    def documents(self, commit: str) -> Mapping[str, Document]:
        """Path -> document of a listing."""
        if commit not in self._documents:
            self._documents[commit] = by_path(self.snapshot(commit))
        return self._documents[commit]

    def files_of(self, document: Document) -> DocumentFiles:
        """Where the document's files are under the effective settings, whether they exist or not."""
        return DocumentFiles(self.data, self.fingerprints, document)

    # -- state ---------------------------------------------------------------------------------------------------

    def refresh(self, documents: Iterable[Document]) -> None:
        """Look again at what exists of these documents; other hosts may have worked on them."""
        folders = [self.data.document(document.blob_sha) for document in documents]
        receipts = [self.files_of(document).receipt.parent for document in documents]
        self._inventory.refresh([*folders, *receipts])

    def is_done(self, stage: Stage, document: Document) -> bool:
        """True when the stage has left its target, and what belongs to it."""
        its = self.files_of(document)
        has_terms = stage is not Stage.EMBED or self._inventory.has(its.terms)
        return has_terms and self._inventory.has(its.target(stage))

    def note_done(self, stage: Stage, document: Document) -> None:
        """Another process of this run has just written the stage's target: an earlier run's failure is history."""
        its = self.files_of(document)
        self._inventory.add(its.target(stage))
        if stage is Stage.EMBED:
            self._inventory.add(its.terms)
        failure = its.failure(stage)
        if self._inventory.has(failure):
            files.remove(failure)
            self._inventory.discard(failure)

    def forget(self, paths: Iterable[FilePath]) -> None:
        """Remove targets, so that their stages have them to make again."""
        for path in paths:
            files.remove(path)
            self._inventory.discard(path)

    def is_settled(self, stage: Stage, document: Document) -> bool:
        """True when the stage has nothing left to do: it is done, or the document's way ended before."""
        return self.is_done(stage, document) or self.failure(document, stage) is not None

    def failure(self, document: Document, until: Stage = Stage.STORE) -> Failure | None:
        """The failure that keeps a document from passing `until`: a permanent one, or one of this run."""
        if refusal := self.purges.refusal(document):
            return refusal
        present = self._inventory.names(self.data.document(document.blob_sha))
        if not any(name.startswith("failure-") for name in present):
            return None  # the usual case, asked for every stage of every document
        its = self.files_of(document)
        for stage in Stage:
            path = its.failure(stage)
            if path.name in present:
                failure = read_failure(path)
                if failure and (failure.permanent or failure.run_id == self.id):
                    return failure
            if stage is until:
                break
        return None

    def failed(self, documents: Iterable[Document]) -> list[FailedDocument]:
        """The documents that cannot get further, in this run or until they change."""
        failures = ((document.path, self.failure(document)) for document in documents)
        return [FailedDocument(path=path, failure=failure) for path, failure in failures if failure]

    def record_failure(self, stage: Stage, document: Document, error: Exception) -> Failure:
        """Write down why a document stopped. Raises the error again when it stops everything.

        The full traceback of what unexpected goes to the run's private errors.log, the failure says only its class.
        """
        if not isinstance(error, PipelineError) or error.details:
            self.log.private.error(f"{stage}: {document.path}", error)
        if severity(error) is Severity.RUN:
            with files.disk_errors():
                raise error
        failure = Failure(
            stage=stage,
            code=_code(error),
            message=public_message(error),
            permanent=severity(error) is Severity.PERMANENT,
            run_id=self.id,
            time=datetime.now(UTC),
            versions=dict(versions(stage)),
        )
        path = self.files_of(document).failure(stage)
        files.write_json(path, failure)
        self._inventory.add(path)
        return failure


def read_failure(path: FilePath) -> Failure | None:
    """None when the document was released since this run looked, or when nobody can tell why it failed."""
    try:
        return files.read_model(path, Failure)
    except (FileNotFoundError, DamagedFileError):
        return None


def _code(error: Exception) -> ErrorCode:
    return error.code if isinstance(error, PipelineError) else ErrorCode.INTERNAL


_given: ContextVar[Settings | None] = ContextVar("given settings", default=None)


@functools.cache
def current_run() -> Run:
    """The run of this process; its settings are read once. `current_run.cache_clear()` begins another."""
    run = Run(_given.get() or load_settings(), new_run_id())
    run.log.private.take_over()
    return run


def begin_run(settings: Settings) -> Run:
    """Make a new run, with these settings, the one of this process. Raises ConfigurationError."""
    token = _given.set(settings)
    try:
        current_run.cache_clear()
        return current_run()
    finally:
        _given.reset(token)


def keep_privately(where: str, error: BaseException) -> Path | None:
    """Write the traceback of an unexpected error to the run's errors.log, and say where that is, if there is a run."""
    if isinstance(error, PipelineError):
        return None
    with contextlib.suppress(PipelineError, OSError):
        private = current_run().log.private
        private.error(where, error)
        return private.path
    return None
