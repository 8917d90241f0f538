"""A run at one moment, as data: what `watch`, the bars, Luigi's pages, metrics and the Python API show of it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt

from pipeline.errors import ErrorCode
from pipeline.run.events import RunOutcome
from pipeline.run.findings import TextCoverage, Warned
from pipeline.schema import Record, Stage, Timestamp

State = RunOutcome | Literal["waiting", "running", "killed"]


class StageView(Record):
    """One stage of a run. `total` grows while shards open, until it is known how much they need."""

    total: NonNegativeInt
    done: NonNegativeInt = Field(description="failed ones too")
    failed: NonNegativeInt
    rate_per_s: NonNegativeFloat = Field(description="documents a second, over the last half minute")
    before: NonNegativeInt = Field(0, description="documents of open shards that had this stage behind them already")

    @property
    def share(self) -> float:
        """0 to 1; a stage without work is done."""
        return self.done / self.total if self.total else 1.0


class ErrorView(Record):
    """A document that failed."""

    stage: Stage
    path: str
    code: ErrorCode
    message: str


class View(Record):
    """A run at one moment; what `nic watch --json` prints."""

    run_id: str
    state: State
    reason: str | None = Field(None, description="why it failed, or what was done when it was interrupted")
    commit: str = ""
    started: Timestamp | None = None
    elapsed_s: NonNegativeFloat = 0.0
    eta_s: NonNegativeFloat | None = Field(None, description="seconds left; null until there is evidence")
    documents: NonNegativeInt = Field(0, description="in the snapshot")
    to_do: NonNegativeInt = Field(0, description="of them, those that this run has to work on; shards may still open")
    done: NonNegativeInt = Field(0, description="stored or failed in this run")
    is_publishing: bool = Field(False, description="whether the documents are done and the collection is being proven")
    stages: dict[Stage, StageView] = Field(default_factory=dict)
    current: dict[Stage, tuple[str, ...]] = Field(default_factory=dict)
    errors: tuple[ErrorView, ...] = Field((), description="the latest")
    error_codes: dict[ErrorCode, NonNegativeInt] = Field(default_factory=dict)
    warnings: NonNegativeInt = 0
    warned: dict[str, Warned] = Field(default_factory=dict, description="warning -> documents; the first are named")
    text_coverage: TextCoverage = Field(TextCoverage(), description="of the documents that this run stored or refused")
    memory_mb: NonNegativeFloat | None = None
    cpu_percent: NonNegativeFloat | None = None
    shard: tuple[NonNegativeInt, NonNegativeInt, NonNegativeInt] | None = Field(
        None, description="the shard that is open: its number, documents done, documents to do"
    )

    @property
    def failed(self) -> int:
        """Failures of this run by all codes together."""
        return sum(self.error_codes.values())
