"""The runs so far, oldest first: from their summaries, and from their logs where a run never came to its end."""

from __future__ import annotations

import contextlib
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from pydantic import Field, NonNegativeFloat, NonNegativeInt

from pipeline.datadir import files
from pipeline.datadir.paths import DataDir
from pipeline.errors import DamagedFileError, ErrorCode
from pipeline.run.current import Run
from pipeline.run.events import Ended, is_begun, last_ended
from pipeline.run.facts import RunState, read_facts
from pipeline.run.run_id import run_moment
from pipeline.run.summary import StageSummary, Summary
from pipeline.schema import Record, Stage, Timestamp
from pipeline.settings.sections import Settings


class PastRun(Record):
    """One run; a run without a summary has no counts of the snapshot (None), only what its log says."""

    run_id: str
    started: Timestamp
    outcome: RunState
    seconds: NonNegativeFloat
    total: NonNegativeInt | None = None
    new: NonNegativeInt | None = None
    changed: NonNegativeInt | None = None
    removed: NonNegativeInt | None = None
    points: NonNegativeInt | None = None
    quarantined: NonNegativeInt | None = None
    failures: dict[ErrorCode, NonNegativeInt]
    stages: dict[Stage, StageSummary]
    memory_peak_mb: NonNegativeFloat | None = None
    reason: str | None = Field(None, description="why it failed, or what was done when it was interrupted")

    def rate(self, stage: Stage) -> float | None:
        """Documents per second while the stage was at work; None when it was not."""
        done = self.stages.get(stage)
        return done.documents / done.elapsed_s if done and done.elapsed_s else None


class History(Record):
    """What `nic history --json` prints."""

    runs: tuple[PastRun, ...]


def read_history(run: Run, last: int = 0) -> History:
    """The last so many runs, all of them for 0. A folder without a summary and without events is no run."""
    ids = sorted(files.names(run.data.runs) | files.names(run.data.local_runs))
    found = (_past_run(run, run_id) for run_id in ids[-last:])
    return History(runs=tuple(past for past in found if past))


def _past_run(run: Run, run_id: str) -> PastRun | None:
    summary = run.data.summary(run_id)
    with contextlib.suppress(FileNotFoundError, NotADirectoryError, DamagedFileError):
        return _from_summary(files.read_model(summary, Summary), last_ended(run.data.run(run_id)))
    return _from_log(run.data.run(run_id), run_id)


def _from_summary(summary: Summary, ended: Ended | None) -> PastRun:
    """A run may be interrupted after its summary was written; its last event says so."""
    failures = Counter(held.failure.code for held in (*summary.quarantined, *summary.failed))
    return PastRun(
        run_id=summary.run_id,
        started=summary.started,
        outcome=ended.outcome if ended else summary.outcome,
        reason=ended.reason if ended else None,
        seconds=summary.seconds,
        total=summary.total,
        new=summary.new,
        changed=summary.changed,
        removed=summary.removed,
        points=summary.points,
        quarantined=len(summary.quarantined),
        failures=dict(failures),
        stages=summary.stages,
        memory_peak_mb=summary.memory_peak_mb,
    )


def _from_log(folder: Path, run_id: str) -> PastRun | None:
    facts = read_facts(folder)
    if facts.first is None or facts.latest is None:
        return None
    started = run_moment(run_id) or facts.first
    return PastRun(
        run_id=run_id,
        started=started,
        outcome=facts.state(datetime.now(UTC)),
        seconds=max(0.0, (facts.latest - started).total_seconds()),
        failures=dict(facts.failures),
        stages=facts.summaries(),
        reason=facts.reason,
    )


def runs_folder(settings: Settings) -> Path:
    """Where every run has its folder, on this machine."""
    return DataDir.at(settings.pipeline.data_dir).run("")


def begun_runs(folder: Path) -> list[str]:
    """Ids of the runs that came as far as knowing what to do, or failed before, oldest first."""
    names = sorted(path.name for path in folder.glob("*/") if not path.name.startswith("."))
    return [name for name in names if is_begun(folder / name)]
