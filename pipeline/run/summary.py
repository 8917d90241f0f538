"""What a run did, as data: content of summary.json."""

from __future__ import annotations

import json
from typing import Literal

from pydantic import Field, JsonValue, NonNegativeFloat, NonNegativeInt

from pipeline.run.findings import TextCoverage, Warned
from pipeline.schema import Failure, Record, SkippedFile, Stage, Timestamp

SUMMARY_VERSION = 3


class StageSummary(Record):
    """Work of one stage in one run. `work_s` adds up the documents' own seconds, over all processes; `elapsed_s` is
    the time during which at least one document was in the stage."""

    documents: NonNegativeInt = 0
    failed: NonNegativeInt = 0
    elapsed_s: NonNegativeFloat = 0.0
    work_s: NonNegativeFloat = 0.0
    documents_per_s: NonNegativeFloat | None = Field(None, description="documents / elapsed_s")


class FailedDocument(Record):
    """A document that did not get through, and why."""

    path: str
    failure: Failure


class Renamed(Record):
    """The same content under another path."""

    old: str
    new: str


class Changes(Record):
    """Which documents a run changed, in the order of their paths; long lists are cut, the summary's counts are whole.

    A rename counts in the summary as one new and one removed document; here it is in neither of those lists.
    """

    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    renamed: tuple[Renamed, ...] = ()


class SlowDocument(Record):
    """One of the documents that took longest."""

    path: str
    seconds: NonNegativeFloat = Field(description="of work, all stages together")
    stages: dict[Stage, NonNegativeFloat] = Field(description="seconds of work by stage")


class Histogram(Record):
    """Values of a sample of this run's documents: `counts[i]` lie in [edges[i], edges[i + 1]), the last bin closed."""

    edges: tuple[float, ...]
    counts: tuple[NonNegativeInt, ...]
    documents: NonNegativeInt = Field(description="documents that were looked at")


class Machine(Record):
    """Where the run was started."""

    platform: str
    python: str
    cores: NonNegativeInt
    memory_mb: NonNegativeFloat


class Summary(Record):
    """What a run did; content of runs/<run id>/summary.json. Fields with a default are missing in older files."""

    schema_version: int = Field(
        1, description="2 since the fields below `warnings` exist; 3 since warnings name their documents"
    )
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
    total: NonNegativeInt = Field(description="documents in the snapshot")
    new: NonNegativeInt
    changed: NonNegativeInt
    unchanged: NonNegativeInt
    removed: NonNegativeInt
    quarantined: tuple[FailedDocument, ...] = ()
    failed: tuple[FailedDocument, ...] = ()
    skipped: tuple[SkippedFile, ...] = ()
    points: NonNegativeInt = Field(description="chunks stored for the whole snapshot")
    stages: dict[Stage, StageSummary]
    warnings: dict[str, Warned] = Field(description="warning -> documents that have it; before version 3 their number")
    renamed: NonNegativeInt = Field(0, description="of the new and removed documents, pairs of equal content")
    changes: Changes = Changes()
    environment: str | None = None
    settings: dict[str, dict[str, JsonValue]] = Field(
        default_factory=dict, description="section -> setting -> effective value; no secrets, no absolute paths"
    )
    versions: dict[str, str] = Field(default_factory=dict, description="library -> version")
    machine: Machine | None = None
    slowest: tuple[SlowDocument, ...] = Field((), description="at most ten, slowest first")
    chunk_tokens: Histogram | None = Field(None, description="tokens of the chunks made in this run")
    ocr_scores: Histogram | None = Field(None, description="mean OCR score, 0 to 1, of documents read by OCR")
    memory_peak_mb: NonNegativeFloat | None = Field(
        None, description="most that all processes had, sampled each second"
    )
    cpu_mean_percent: NonNegativeFloat | None = Field(None, description="of all processes together; 100 is one core")
    text_coverage: TextCoverage | None = Field(
        None, description="how complete the text is of the documents that are stored, or refused for that"
    )

    @property
    def unfinished(self) -> int:
        """Documents that are neither stored nor quarantined: they failed, or were released, during the run."""
        return self.total - self.new - self.changed - self.unchanged - len(self.quarantined)


def summary_schema() -> str:
    """The JSON schema of summary.json, as docs/summary.schema.json publishes it."""
    return json.dumps(Summary.model_json_schema(), ensure_ascii=False, indent=1) + "\n"
