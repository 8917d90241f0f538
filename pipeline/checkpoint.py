"""A checkpoint pins what a run works on: commit, settings, how far it was, and what the caller wants to remember.

It is JSON that anyone can read and nothing executes, without secrets, for this user alone (0600). What is done is never
read from it: the targets on disk are the truth.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, NonNegativeInt, ValidationError

from pipeline import files
from pipeline.config import Settings
from pipeline.errors import ConfigurationError
from pipeline.loading import differing_settings
from pipeline.orchestration import PipelineStage
from pipeline.schema import Record, Timestamp

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
