"""A checkpoint pins what a run works on: commit, settings, how far it was, and what the caller wants to remember.

It is JSON that anyone can read and nothing executes, without secrets, for this user alone (0600). What is done is never
read from it: the targets on disk are the truth.
"""

from __future__ import annotations

import contextlib
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import luigi
from pydantic import Field, NonNegativeInt, ValidationError

from pipeline.datadir import files
from pipeline.errors import ConfigurationError, PipelineError
from pipeline.flow import shards
from pipeline.orchestrator.api_types import PipelineStage
from pipeline.orchestrator.listening import Handler
from pipeline.run.current import Run
from pipeline.schema import Record, Timestamp
from pipeline.settings.load import differing_settings
from pipeline.settings.sections import Settings, __version__
from pipeline.tasks import Finalize, RunAll, Shard, Snapshot

log = logging.getLogger(__name__)
SCHEMA_VERSION = 1
FILE_NAME = "checkpoint.json"


class CheckpointProgress(Record):
    """How far the run was, in documents of the snapshot; those of finished shards are done."""

    documents: NonNegativeInt = 0
    documents_done: NonNegativeInt = 0


class Checkpoint(Record):
    """Content of runs/<run id>/checkpoint.json."""

    schema_version: Literal[1] = 1
    pipeline_version: str
    run_id: str
    time: Timestamp
    config_hash: str
    settings: dict[str, dict[str, Any]]
    commit: str | None = None
    stage: PipelineStage
    progress: CheckpointProgress = CheckpointProgress()
    data: dict[str, Any] = Field(default_factory=dict, description="the caller's own")


def write(path: Path, checkpoint: Checkpoint) -> None:
    """Write atomically, mode 0600. Raises TransientError, and ValueError when `data` cannot be JSON."""
    files.write_json(path, checkpoint)  # its temporary file is 0600, and a rename keeps that


def read(path: Path) -> Checkpoint:
    """Raises ConfigurationError, which says what is wrong, for what is not a checkpoint that this version reads."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"the checkpoint {path.name} cannot be read: {error.strerror}") from None
    try:
        return Checkpoint.model_validate_json(content)
    except ValidationError as error:
        raise ConfigurationError(f"{path.name} {_fault(error)}") from None


def refuse_other_settings(checkpoint: Checkpoint, settings: Settings) -> None:
    """Raises ConfigurationError, naming every setting that differs, for a checkpoint of another configuration."""
    if checkpoint.config_hash == settings.config_hash:
        return
    differing = differing_settings(checkpoint.settings, settings)
    raise ConfigurationError(
        f"the checkpoint of run {checkpoint.run_id} was made with other settings: {'; '.join(differing) or 'unknown'}. "
        "Set them as they were, or run without the checkpoint: finished work is found again wherever it still fits"
    )


def _fault(error: ValidationError) -> str:
    faults = {".".join(map(str, problem["loc"])): problem for problem in error.errors()}
    version = faults["schema_version"]["input"] if "schema_version" in faults else None
    if isinstance(version, int) and version > SCHEMA_VERSION:
        return (
            f"was written by a newer version of the pipeline (schema {version}; this one reads {SCHEMA_VERSION}): "
            "upgrade, or run without it"
        )
    if "" in faults:
        return "is not a checkpoint: it is damaged or no JSON object; run without it, finished work is found again"
    return f"is not a checkpoint of this pipeline: wrong or missing {', '.join(sorted(faults))}; run without it"


def content_fault(error: Exception) -> str:
    """What is wrong with what a checkpoint was to hold, without that content."""
    if isinstance(error, ValidationError):
        return "; ".join(f"{problem['loc'][0]}: {problem['msg']}" for problem in error.errors())
    return "its data is not JSON"


class RunCheckpoint:
    """`runs/<run id>/checkpoint.json`; `resumed` is the one that the run goes on from, whose data it hands on."""

    def __init__(self, run: Run, resumed: Checkpoint | None = None) -> None:
        self.file = run.log.folder / FILE_NAME
        self.commit = resumed.commit if resumed else None
        self.data: dict[str, Any] = dict(resumed.data) if resumed else {}
        self.run = run
        self._progress = CheckpointProgress()
        self._done: dict[int, int] = {}  # shard -> its documents
        self._is_begun = False

    def handlers(self) -> list[Handler]:
        """What to have Luigi call, and when."""
        return [
            (RunAll, luigi.Event.START, self._begin),
            (RunAll, luigi.Event.DEPENDENCY_PRESENT, self._finish),
            (Snapshot, luigi.Event.SUCCESS, lambda task: self._advance(PipelineStage.GITLAB_INGESTION, task.commit)),
            (Shard, luigi.Event.DEPENDENCY_PRESENT, self._count),
            (Shard, luigi.Event.SUCCESS, self._finish_shard),
            (Finalize, luigi.Event.SUCCESS, self._finish),
        ]

    def write(self, stage: str, data: dict[str, Any]) -> None:
        """Replace the checkpoint. Raises ValueError for an unknown stage and for data that is not JSON, TransientError,
        OSError."""
        made = Checkpoint.model_validate(
            {
                "pipeline_version": __version__,
                "run_id": self.run.id,
                "time": datetime.now(UTC),
                "config_hash": self.run.settings.config_hash,
                "settings": self.run.settings.model_dump(mode="json"),
                "commit": self.commit,
                "stage": stage,
                "progress": self._progress,
                "data": data,
            }
        )
        self.run.data.create()
        write(self.file, made)
        self.data = data

    def _begin(self, task: RunAll) -> None:
        if not self._is_begun:  # Luigi starts it again after each yield
            self._is_begun = True
            self._advance(PipelineStage.INITIALIZATION, task.commit)

    def _finish(self, task: RunAll | Finalize) -> None:
        self._advance(PipelineStage.FINALIZATION, task.commit)

    def _count(self, shard: Shard) -> None:
        self._done[shard.index] = len(shards.documents(self.run, shard.commit, shard.index, shard.count))

    def _finish_shard(self, shard: Shard) -> None:
        self._count(shard)
        total = len(self.run.snapshot(shard.commit).documents)
        self._progress = CheckpointProgress(documents=total, documents_done=sum(self._done.values()))
        self._advance(PipelineStage.VECTOR_STORAGE, shard.commit)

    def _advance(self, stage: PipelineStage, commit: str) -> None:
        """Whether a checkpoint on the way can be written decides nothing."""
        self.commit = commit
        with contextlib.suppress(PipelineError, OSError):
            self.write(stage.value, self.data)
