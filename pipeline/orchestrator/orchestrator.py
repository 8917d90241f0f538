"""The Python API of the pipeline, for notebooks and programs: the same Luigi tasks as the command line, run from here.

It decides nothing of its own and remembers nothing that a crash would lose: results, progress and checkpoints are files
of the run. Works in the main thread, in a Jupyter kernel and in a thread of its own; one run at a time in a process.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import luigi
from luigi.task_register import Register
from pydantic import ValidationError

from pipeline import RunAll, RunDocuments
from pipeline.errors import ConfigurationError, ErrorCode, PipelineError
from pipeline.monitoring.monitor import Monitor
from pipeline.orchestrator import checkpoint
from pipeline.orchestrator.api_types import (
    ErrorResponse,
    PipelineResult,
    PipelineStage,
    ProcessingResult,
    ProgressReport,
)
from pipeline.orchestrator.checkpoint import Checkpoint, Handler, RunCheckpoint
from pipeline.orchestrator.error_responses import error_response
from pipeline.orchestrator.progress import in_python_words
from pipeline.orchestrator.results import document_results, pipeline_result
from pipeline.orchestrator.warm_engine import WarmEngine
from pipeline.run.current import Run, begin_run
from pipeline.run.facts import read_facts
from pipeline.schema import Document
from pipeline.settings.load import load_settings
from pipeline.settings.secrets import public_message
from pipeline.settings.sections import Settings
from pipeline.store.connection import disconnect
from pipeline.tasks import Snapshot

log = logging.getLogger(__name__)
DEFAULT_FOLDER = "30-Aprovados"
_REPORT_EVERY_S = 0.5
_one_run = threading.Lock()
OnProgress = Callable[[ProgressReport], None]


class PipelineOrchestrator:
    """Runs the pipeline with one set of settings. Its processes stay warm between runs, for ten minutes; `close`, or
    `with`, ends them at once.

    `config`: settings, or None for those of luigi.cfg and the environment. Raises ConfigurationError if these are
    invalid.
    """

    def __init__(self, config: Settings | None = None) -> None:
        self.settings = config or load_settings()
        self.run_id: str | None = None
        self._run: Run | None = None
        self._engine = WarmEngine()
        self._monitor: Monitor | None = None
        self._idle: ProgressReport | None = None
        self._monitoring = threading.Lock()
        self._checkpoint: RunCheckpoint | None = None
        self._pinned: Checkpoint | None = None
        self._commit: str | None = None
        self._errors: list[BaseException] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the warm processes; the next run starts new ones."""
        self._engine.close()

    # -- running ---------------------------------------------------------------------------------------------------

    def run_full_pipeline(
        self,
        target_folder: str = DEFAULT_FOLDER,
        checkpoint_file: str | Path | None = None,
        *,
        on_progress: OnProgress | None = None,
    ) -> PipelineResult:
        """Bring the collection in step with the folder of approved documents, as `RunAll` does.

        `target_folder`: folder inside the root or project; the default stands for what the settings say.
        `checkpoint_file`: go on at the commit that it pins; refused when its settings are not these.
        `on_progress`: called with a fresh report every half second, from another thread, and once at the end.

        Times are seconds. What goes wrong during the run stands in the result's `errors`. Raises ConfigurationError
        before anything is done (settings, checkpoint), PipelineError when this process is running already, and
        KeyboardInterrupt after ending the run in order.
        """
        settings = self._for_folder(target_folder)
        pinned = checkpoint.read(Path(checkpoint_file)) if checkpoint_file else self._pinned
        if pinned:
            checkpoint.refuse_other_settings(pinned, settings)
        with self._running(settings, pinned, on_progress) as run:
            self._build(lambda: RunAll(commit=self._commit or ""))  # type: ignore[no-untyped-call]
            result = pipeline_result(run, self._commit, list(dict.fromkeys(map(public_message, self._errors))))
            self._note_if_idle(run, result)
        self._pinned = None
        return result

    def process_documents(self, documents: Sequence[Document | str]) -> list[ProcessingResult]:
        """Take only these documents, given as documents of a snapshot or by their paths from the root, through every
        stage; the collection keeps all others. Nothing is removed or published: that is a full run's.

        Works at the commit of a resumed checkpoint, else at the head. Results are in the order given, times in seconds;
        a document's error stands in its result. Raises ConfigurationError for a path that is not a document there,
        PipelineError for what stops every document.
        """
        paths = list(dict.fromkeys(each if isinstance(each, str) else each.path for each in documents))
        with self._running(self.settings, self._pinned) as run:
            self._commit = self._commit or run.source.head()
            self._build(lambda: Snapshot(commit=self._commit))  # type: ignore[no-untyped-call]
            self._stop_on_errors()
            known = run.documents(self._commit)
            _refuse_others(known, documents)
            self._build(lambda: RunDocuments(commit=self._commit, documents=paths))  # type: ignore[no-untyped-call]
            self._stop_on_errors()
        return document_results(run, [known[path] for path in paths], read_facts(run.log.folder))

    # -- progress ----------------------------------------------------------------------------------------------------

    def monitor_progress(self) -> ProgressReport:
        """Where the last run of this orchestrator stands, from any thread while it runs: times in seconds, rate in
        documents a second, shares from 0 to 1. Before the first run all is zero. Raises nothing of its own."""
        with self._monitoring:
            if self._idle is not None:
                return replace(self._idle, stage_progress={})
            if self._monitor is None:
                return ProgressReport(PipelineStage.INITIALIZATION, documents_processed=0, total_documents=0)
            return in_python_words(self._monitor.view())

    # -- errors ------------------------------------------------------------------------------------------------------

    def handle_pipeline_errors(self, error: Exception, context: Mapping[str, Any]) -> ErrorResponse:
        """What an error means for a run and what to do about it, in words that may be shown anywhere. Raises nothing.

        `context` may say where: `stage` (a PipelineStage or its value) and `document` (path). The traceback of what
        unexpected goes to the run's private errors.log.
        """
        return error_response(error, context, self._run)

    # -- checkpoints -------------------------------------------------------------------------------------------------

    @property
    def checkpoint_file(self) -> Path | None:
        """Where the last run's checkpoint is; it is written as the run begins and whenever a part of it is finished."""
        return self._checkpoint.file if self._checkpoint else None

    @property
    def checkpoint_data(self) -> dict[str, Any]:
        """What the caller gave to `create_checkpoint`, in this process or in the run that was resumed."""
        if self._pinned:
            return dict(self._pinned.data)
        return dict(self._checkpoint.data) if self._checkpoint else {}

    def create_checkpoint(self, stage: str, data: dict[str, Any]) -> bool:
        """Write the run's checkpoint with `data` of yours, which must be JSON and no secret; `stage` is a value of
        PipelineStage. It replaces the run's earlier one. False, with the reason logged, when it cannot be written."""
        if self._checkpoint is None:
            self._checkpoint = RunCheckpoint(self._begin(self.settings))
        try:
            self._checkpoint.write(stage, data)
        except (PipelineError, OSError, ValueError, TypeError) as error:
            reason = public_message(error) if isinstance(error, PipelineError | OSError) else _what(error)
            log.error("the checkpoint was not written: %s", reason)
            return False
        return True

    def resume_from_checkpoint(self, checkpoint_file: str | Path) -> bool:
        """Pin the next run to the checkpoint's commit, under the same settings. What is finished is not done again,
        with or without a checkpoint: the targets on disk say so.

        False, with the reason logged, for a file that is no checkpoint or one of other settings, which are named;
        `run_full_pipeline(checkpoint_file=…)` raises the same as ConfigurationError.
        """
        try:
            found = checkpoint.read(Path(checkpoint_file))
            checkpoint.refuse_other_settings(found, self.settings)
        except ConfigurationError as error:
            log.error("%s", public_message(error))
            return False
        self._pinned = found
        return True

    # -- inside ------------------------------------------------------------------------------------------------------

    def _for_folder(self, target_folder: str) -> Settings:
        if target_folder in (DEFAULT_FOLDER, self.settings.source.target_folder):
            return self.settings
        source = self.settings.source.model_copy(update={"target_folder": target_folder})
        return self.settings.model_copy(update={"source": source})

    def _begin(self, settings: Settings) -> Run:
        """Another run, on the engine of the last one where that fits."""
        engine = self._engine.take(settings)
        Register.clear_instance_cache()
        self._run = run = begin_run(settings)
        if engine:
            run.engine = engine
        with self._monitoring:
            self._monitor, self._idle = Monitor(run.log.folder), None
        self.run_id = run.id
        self._errors, self._commit = [], None
        return run

    @contextlib.contextmanager
    def _running(
        self, settings: Settings, pinned: Checkpoint | None, on_progress: OnProgress | None = None
    ) -> Iterator[Run]:
        if not _one_run.acquire(blocking=False):
            raise PipelineError("a run is going on in this process; wait for it to end", ErrorCode.CONFIGURATION)
        try:
            run = self._begin(settings)
            self._checkpoint = RunCheckpoint(run, pinned)
            self._commit = pinned.commit if pinned else None
            with self._listening(self._checkpoint), self._reporting(on_progress):
                yield run
            self._keep_engine(run)
        except BaseException:
            self._keep_engine(self._run)
            self.close()
            raise
        finally:
            disconnect(settings)  # other processes may want the local files now
            _one_run.release()

    def _note_if_idle(self, run: Run, result: PipelineResult) -> None:
        """A run that found nothing to do has no events to tell its progress from."""
        if not self._errors and not (run.log.folder / "log.jsonl").exists():
            with self._monitoring:
                self._idle = ProgressReport(
                    PipelineStage.FINALIZATION,
                    documents_processed=result.total_documents,
                    total_documents=result.total_documents,
                    elapsed_time=result.total_processing_time,
                    estimated_remaining=0.0,
                    errors_count=result.failed_documents,
                )

    def _keep_engine(self, run: Run | None) -> None:
        if run and "engine" in vars(run):
            self._engine.keep(run.settings, run.engine)

    def _build(self, make: Callable[[], RunAll | RunDocuments | Snapshot]) -> None:
        """Run a task and all that it needs. Errors are collected; making the main job already asks the source."""
        try:
            task = make()
        except PipelineError as error:
            self._errors.append(error)
            return
        self._commit = task.commit
        if self._checkpoint:
            self._checkpoint.commit = task.commit
        luigi.build([task], local_scheduler=True, log_level="WARNING")

    def _stop_on_errors(self) -> None:
        for error in self._errors:
            raise error if isinstance(error, PipelineError) else PipelineError(public_message(error))

    @contextlib.contextmanager
    def _listening(self, checkpoints: RunCheckpoint) -> Iterator[None]:
        """Hear from Luigi what begins, what is finished and what fails, for as long as a run takes."""
        handlers: list[Handler] = [
            *checkpoints.handlers(),
            (luigi.Task, luigi.Event.FAILURE, self._failed),
            (luigi.Task, luigi.Event.BROKEN_TASK, self._failed),
        ]
        for task, event, handler in handlers:
            task.event_handler(event)(handler)
        try:
            yield
        finally:
            for task, event, handler in handlers:
                task.remove_event_handler(event, handler)

    def _failed(self, task: luigi.Task, error: BaseException) -> None:
        self._errors.append(error)

    @contextlib.contextmanager
    def _reporting(self, on_progress: OnProgress | None) -> Iterator[None]:
        if on_progress is None:
            yield
            return
        ended = threading.Event()
        reporter = threading.Thread(target=self._report_until, args=(ended, on_progress), daemon=True)
        reporter.start()
        try:
            yield
        finally:
            ended.set()
            reporter.join()

    def _report_until(self, ended: threading.Event, on_progress: OnProgress) -> None:
        """A caller's function that fails is not asked again; the run goes on."""
        try:
            while not ended.wait(_REPORT_EVERY_S):
                on_progress(self.monitor_progress())
            on_progress(self.monitor_progress())
        except Exception as error:
            log.warning("on_progress failed and is not called again: %s", type(error).__name__)


def create_pipeline_orchestrator(config: Settings | None = None) -> PipelineOrchestrator:
    """An orchestrator with these settings, or the effective ones. Raises ConfigurationError if they are invalid."""
    return PipelineOrchestrator(config)


def _refuse_others(known: Mapping[str, Document], documents: Sequence[Document | str]) -> None:
    """Raises ConfigurationError for what is not a document of the commit, or was listed at another one."""
    paths = [each for each in documents if isinstance(each, str)]
    unknown = [path for path in paths if path not in known]
    unknown += [each.path for each in documents if isinstance(each, Document) and known.get(each.path) != each]
    if unknown:
        raise ConfigurationError(
            f"not documents of this commit, as they are given: {', '.join(sorted(unknown))}; `nic plan` "
            "lists what is there"
        )


def _what(error: Exception) -> str:
    """What is wrong with a checkpoint's content, without the content."""
    if isinstance(error, ValidationError):
        return "; ".join(f"{problem['loc'][0]}: {problem['msg']}" for problem in error.errors())
    return "its data is not JSON"
