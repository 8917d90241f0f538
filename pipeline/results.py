"""What a run leaves behind besides the documents' own files: receipts, manifests, what is published, the summary."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field, NonNegativeFloat, NonNegativeInt

from pipeline.schema import Failure, Record, SkippedFile, Stage, Timestamp


class Receipt(Record):
    """What was stored for a document."""

    document_id: str
    path: str
    content_version: str
    collection: str
    chunk_count: NonNegativeInt
    warnings: tuple[str, ...] = ()


class StoredVersion(Record):
    """What a document must look like in the collection: points 0 … chunk_count - 1, all of this content version."""

    content_version: str
    chunk_count: NonNegativeInt
    warnings: tuple[str, ...] = ()


class ShardState(Record):
    """The head of a shard's manifest: all that is needed to know whether it is complete, and quick to read."""

    model_config = ConfigDict(extra="ignore")

    digest: str
    run_id: str | None = Field(None, description="set while documents failed in that run: complete for that run only")
    quarantined: tuple[str, ...] = Field((), description="failure files it rests on: complete while they are there")


class ShardManifest(ShardState):
    """Content of a shard's target: `digest` names what it must hold, `documents` what it does hold."""

    model_config = ConfigDict(extra="forbid")

    documents: dict[str, StoredVersion] = Field(
        description="document id -> what is stored; quarantined ones are absent"
    )


class Published(Record):
    """What the alias points at: written last, when the collection was proven equal to the snapshot."""

    commit: str
    collection: str
    fingerprint: str = Field(description="of all settings that decide the collection's content")
    points: NonNegativeInt
    quarantined: tuple[str, ...] = Field((), description="failure files it rests on: in step while they are there")
    documents: dict[str, StoredVersion] = Field(description="by document id")


class Success(Record):
    """The last time that the collection was in step; a run that finds nothing to do renews it."""

    time: Timestamp
    commit: str
    documents: NonNegativeInt
    points: NonNegativeInt
    quarantined: NonNegativeInt


class StageSummary(Record):
    """Work of one stage in one run. `work_s` adds up the documents' own seconds, over all processes; `elapsed_s` is
    the time during which at least one document was in the stage."""

    documents: NonNegativeInt = 0
    failed: NonNegativeInt = 0
    elapsed_s: NonNegativeFloat = 0.0
    work_s: NonNegativeFloat = 0.0


class FailedDocument(Record):
    path: str
    failure: Failure


class Summary(Record):
    """What a run did; content of runs/<run id>/summary.json."""

    run_id: str
    outcome: Literal["finished", "incomplete"]
    commit: str
    collection: str
    alias: str
    embedding_model: str
    pipeline_version: str
    config_hash: str
    started: Timestamp
    seconds: NonNegativeFloat
    total: NonNegativeInt
    new: NonNegativeInt
    changed: NonNegativeInt
    unchanged: NonNegativeInt
    removed: NonNegativeInt
    quarantined: tuple[FailedDocument, ...] = ()
    failed: tuple[FailedDocument, ...] = ()
    skipped: tuple[SkippedFile, ...] = ()
    points: NonNegativeInt
    stages: dict[Stage, StageSummary]
    warnings: dict[str, NonNegativeInt] = Field(description="warning -> documents that have it")
    memory_peak_mb: NonNegativeFloat | None = Field(
        None, description="most that all processes had, sampled each second"
    )
    cpu_mean_percent: NonNegativeFloat | None = Field(None, description="of all processes together; 100 is one core")

    @property
    def unfinished(self) -> int:
        """Documents that are neither stored nor quarantined: they failed, or were released, during the run."""
        return self.total - self.new - self.changed - self.unchanged - len(self.quarantined)
