"""Keeps the checkpoint of one run up to date, by what Luigi says has begun or is finished."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import luigi

from pipeline import checkpoint, shards
from pipeline.checkpoint import Checkpoint, CheckpointProgress
from pipeline.config import __version__
from pipeline.errors import PipelineError
from pipeline.orchestration import PipelineStage
from pipeline.run import Run
from pipeline.tasks import Finalize, RunAll, Shard, Snapshot

Handler = tuple[type[luigi.Task], str, Callable[..., None]]


class RunCheckpoint:
    """`runs/<run id>/checkpoint.json`; `resumed` is the one that the run goes on from, whose data it hands on."""

    def __init__(self, run: Run, resumed: Checkpoint | None = None) -> None:
        self.file = run.log.folder / checkpoint.FILE_NAME
        self.commit = resumed.commit if resumed else None
        self.data: dict[str, Any] = dict(resumed.data) if resumed else {}
        self._run = run
        self._progress = CheckpointProgress()
        self._done_shards: set[int] = set()
        self._is_begun = False

    def handlers(self) -> list[Handler]:
        """What to have Luigi call, and when."""
        return [
            (RunAll, luigi.Event.START, self._begin),
            (RunAll, luigi.Event.DEPENDENCY_PRESENT, self._finish),
            (Snapshot, luigi.Event.SUCCESS, lambda task: self._advance(PipelineStage.GITLAB_INGESTION, task.commit)),
            (Shard, luigi.Event.DEPENDENCY_PRESENT, lambda task: self._done_shards.add(task.index)),
            (Shard, luigi.Event.SUCCESS, self._finish_shard),
            (Finalize, luigi.Event.SUCCESS, self._finish),
        ]

    def write(self, stage: str, data: dict[str, Any]) -> None:
        """Replace the checkpoint. Raises ValueError for an unknown stage and for data that is not JSON, TransientError,
        OSError."""
        made = Checkpoint.model_validate(
            {
                "pipeline_version": __version__,
                "run_id": self._run.id,
                "time": datetime.now(UTC),
                "config_hash": self._run.settings.config_hash,
                "settings": self._run.settings.model_dump(mode="json"),
                "commit": self.commit,
                "stage": stage,
                "progress": self._progress,
                "data": data,
            }
        )
        self._run.data.create()
        checkpoint.write(self.file, made)
        self.data = data

    def _begin(self, task: RunAll) -> None:
        if not self._is_begun:  # Luigi starts it again after each yield
            self._is_begun = True
            self._advance(PipelineStage.INITIALIZATION, task.commit)

    def _finish(self, task: RunAll | Finalize) -> None:
        self._advance(PipelineStage.FINALIZATION, task.commit)

    def _finish_shard(self, shard: Shard) -> None:
        self._done_shards.add(shard.index)
        split = shards.split(self._run, shard.commit, shard.count)
        done = sum(len(documents) for index, documents in enumerate(split) if index in self._done_shards)
        self._progress = CheckpointProgress(documents=sum(map(len, split)), documents_done=done)
        self._advance(PipelineStage.VECTOR_STORAGE, shard.commit)

    def _advance(self, stage: PipelineStage, commit: str) -> None:
        """Whether a checkpoint on the way can be written decides nothing."""
        self.commit = commit
        with contextlib.suppress(PipelineError, OSError):
            self.write(stage.value, self.data)
