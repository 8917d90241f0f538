"""Runs in this process, one after the other: what the latest works on, what went wrong in it and how it stands."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import luigi
from luigi.task_register import Register

from pipeline import RunAll, RunDocuments
from pipeline.engine.interruption import raised_until_heard
from pipeline.errors import ErrorCode, PipelineError
from pipeline.monitoring.monitor import Monitor
from pipeline.orchestrator.api_types import PipelineResult, PipelineStage, ProgressReport
from pipeline.orchestrator.checkpoint import Checkpoint, RunCheckpoint
from pipeline.orchestrator.listening import Handler, OnProgress, listening, reporting
from pipeline.orchestrator.progress import in_python_words
from pipeline.orchestrator.warm_engine import WarmEngine
from pipeline.run.current import Run, begin_run
from pipeline.settings.secrets import public_message
from pipeline.settings.sections import Settings
from pipeline.store.connection import disconnect
from pipeline.tasks import Snapshot

_one_run = threading.Lock()


class Session:
    """Only `progress` may be asked from other threads."""

    def __init__(self) -> None:
        self.run: Run | None = None
        self.checkpoint: RunCheckpoint | None = None
        self.commit: str | None = None
        self.errors: list[BaseException] = []
        self._engine = WarmEngine()
        self._monitor: Monitor | None = None
        self._idle: ProgressReport | None = None
        self._monitoring = threading.Lock()

    def close(self) -> None:
        """End the warm processes."""
        self._engine.close()

    def begin(self, settings: Settings, pinned: Checkpoint | None = None) -> RunCheckpoint:
        """Another run, on the engine of the last one where that fits, and its checkpoint."""
        engine = self._engine.take(settings)
        Register.clear_instance_cache()
        self.run = run = begin_run(settings)
        if engine:
            run.engine = engine
        with self._monitoring:
            self._monitor, self._idle = Monitor(run.log.folder), None
        self.errors, self.commit = [], pinned.commit if pinned else None
        self.checkpoint = RunCheckpoint(run, pinned)
        return self.checkpoint

    @contextlib.contextmanager
    def running(
        self, settings: Settings, pinned: Checkpoint | None, on_progress: OnProgress | None = None
    ) -> Iterator[Run]:
        """Begin a run, and end it in order. Raises PipelineError when this process is running already."""
        if not _one_run.acquire(blocking=False):
            raise PipelineError("a run is going on in this process; wait for it to end", ErrorCode.CONFIGURATION)
        try:
            checkpoint = self.begin(settings, pinned)
            with (
                raised_until_heard(),
                listening(self._handlers(checkpoint)),
                reporting(self.progress, on_progress),
            ):
                yield checkpoint.run
            self._keep_engine()
        except BaseException:
            self._keep_engine()
            self.close()
            raise
        finally:
            disconnect(settings)  # other processes may want the local files now
            _one_run.release()

    def build(self, make: Callable[[], RunAll | RunDocuments | Snapshot]) -> None:
        """Run a task and all that it needs. Errors are collected; making the main job already asks the source."""
        try:
            task = make()
        except PipelineError as error:
            self.errors.append(error)
            return
        self.commit = task.commit
        if self.checkpoint:
            self.checkpoint.commit = task.commit
        luigi.build([task], local_scheduler=True, log_level="WARNING")

    def stop_on_errors(self) -> None:
        """Raises PipelineError if anything went wrong."""
        for error in self.errors:
            raise error if isinstance(error, PipelineError) else PipelineError(public_message(error))

    def progress(self) -> ProgressReport:
        """Where the latest run stands; all is zero before the first."""
        with self._monitoring:
            if self._idle is not None:
                return replace(self._idle, stage_progress={})
            if self._monitor is None:
                return ProgressReport(PipelineStage.INITIALIZATION, documents_processed=0, total_documents=0)
            return in_python_words(self._monitor.view())

    def note_if_idle(self, result: PipelineResult) -> None:
        """A run that found nothing to do has no events to tell its progress from."""
        if self.run and not self.errors and not (self.run.log.folder / "log.jsonl").exists():
            with self._monitoring:
                self._idle = ProgressReport(
                    PipelineStage.FINALIZATION,
                    documents_processed=result.total_documents,
                    total_documents=result.total_documents,
                    elapsed_time=result.total_processing_time,
                    estimated_remaining=0.0,
                    errors_count=result.failed_documents,
                )

    def _keep_engine(self) -> None:
        if self.run and "engine" in vars(self.run):
            self._engine.keep(self.run.settings, self.run.engine)

    def _handlers(self, checkpoint: RunCheckpoint) -> list[Handler]:
        return [
            *checkpoint.handlers(),
            (luigi.Task, luigi.Event.FAILURE, self._failed),
            (luigi.Task, luigi.Event.BROKEN_TASK, self._failed),
        ]

    def _failed(self, task: luigi.Task, error: BaseException) -> None:
        self.errors.append(error)
