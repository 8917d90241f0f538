"""The Python API of the pipeline, for notebooks and programs: the same Luigi tasks as the command line, run from here.

It decides nothing of its own and remembers nothing that a crash would lose: results, progress and checkpoints are files
of the run. Works in the main thread, in a Jupyter kernel and in a thread of its own; one run at a time in a process.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from pipeline import RunAll, RunDocuments
from pipeline.errors import ConfigurationError, PipelineError
from pipeline.orchestrator import checkpoint
from pipeline.orchestrator.api_types import (
    ErrorResponse,
    PipelineResult,
    ProcessingResult,
    ProgressReport,
)
from pipeline.orchestrator.checkpoint import Checkpoint, content_fault
from pipeline.orchestrator.error_responses import error_response
from pipeline.orchestrator.listening import OnProgress
from pipeline.orchestrator.results import document_results, pipeline_result
from pipeline.orchestrator.session import Session
from pipeline.run.facts import read_facts
from pipeline.schema import Document
from pipeline.settings.load import load_settings
from pipeline.settings.secrets import public_message
from pipeline.settings.sections import Settings
from pipeline.tasks import Snapshot

log = logging.getLogger(__name__)
DEFAULT_FOLDER = "30-Aprovados"


class PipelineOrchestrator:
    """Runs the pipeline with one set of settings. Its processes stay warm between runs, for ten minutes; `close`, or
    `with`, ends them at once.

    `config`: settings, or None for those of luigi.cfg and the environment. Raises ConfigurationError if these are
    invalid.
    """

    def __init__(self, config: Settings | None = None) -> None:
        self.settings = config or load_settings()
        self._session = Session()
        self._pinned: Checkpoint | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the warm processes; the next run starts new ones."""
        self._session.close()

    @property
    def run_id(self) -> str | None:
        """Of the last run, which names its folder `runs/<run id>`; None before the first."""
        return self._session.run.id if self._session.run else None

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
        session = self._session
        with session.running(settings, pinned, on_progress) as run:
            session.build(lambda: RunAll(commit=session.commit or ""))  # type: ignore[no-untyped-call]
            result = pipeline_result(run, session.commit, list(dict.fromkeys(map(public_message, session.errors))))
            session.note_if_idle(result)
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
        session = self._session
        with session.running(self.settings, self._pinned) as run:
            commit = session.commit or run.source.head()
            session.build(lambda: Snapshot(commit=commit))  # type: ignore[no-untyped-call]
            session.stop_on_errors()
            known = run.documents(commit)
            _refuse_others(known, documents)
            session.build(lambda: RunDocuments(commit=commit, documents=paths))  # type: ignore[no-untyped-call]
            session.stop_on_errors()
        return document_results(run, [known[path] for path in paths], read_facts(run.log.folder))

    # -- progress ----------------------------------------------------------------------------------------------------

    def monitor_progress(self) -> ProgressReport:
        """Where the last run of this orchestrator stands, from any thread while it runs: times in seconds, rate in
        documents a second, shares from 0 to 1. Before the first run all is zero. Raises nothing of its own."""
        return self._session.progress()

    # -- errors ------------------------------------------------------------------------------------------------------

    def handle_pipeline_errors(self, error: Exception, context: Mapping[str, Any]) -> ErrorResponse:
        """What an error means for a run and what to do about it, in words that may be shown anywhere. Raises nothing.

        `context` may say where: `stage` (a PipelineStage or its value) and `document` (path). The traceback of what
        unexpected goes to the run's private errors.log.
        """
        return error_response(error, context, self._session.run)

    # -- checkpoints -------------------------------------------------------------------------------------------------

    @property
    def checkpoint_file(self) -> Path | None:
        """Where the last run's checkpoint is; it is written as the run begins and whenever a part of it is finished."""
        return self._session.checkpoint.file if self._session.checkpoint else None

    @property
    def checkpoint_data(self) -> dict[str, Any]:
        """What the caller gave to `create_checkpoint`, in this process or in the run that was resumed."""
        if self._pinned:
            return dict(self._pinned.data)
        return dict(self._session.checkpoint.data) if self._session.checkpoint else {}

    def create_checkpoint(self, stage: str, data: dict[str, Any]) -> bool:
        """Write the run's checkpoint with `data` of yours, which must be JSON and no secret; `stage` is a value of
        PipelineStage. It replaces the run's earlier one. False, with the reason logged, when it cannot be written."""
        written = self._session.checkpoint or self._session.begin(self.settings)
        try:
            written.write(stage, data)
        except (PipelineError, OSError, ValueError, TypeError) as error:
            reason = public_message(error) if isinstance(error, PipelineError | OSError) else content_fault(error)
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
