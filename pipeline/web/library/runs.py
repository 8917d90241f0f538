"""The runs so far, the one going on, and their reports."""

from __future__ import annotations

from pipeline.datadir import files
from pipeline.monitoring.history import PastRun, begun_runs, read_history, runs_folder
from pipeline.monitoring.monitor import Monitor
from pipeline.monitoring.view import View
from pipeline.run.current import Run
from pipeline.run.run_id import run_moment


def past_runs(run: Run, last: int) -> list[PastRun]:
    """The last so many, latest first."""
    return list(reversed(read_history(run, last).runs))


def view_run(run: Run, run_id: str) -> View | None:
    """Where a run stands now; None where there is none of that id."""
    folder = runs_folder(run.settings)
    return Monitor(folder / run_id).view() if run_id in begun_runs(folder) else None


def latest_monitor(run: Run, before: Monitor | None) -> Monitor | None:
    """What follows the run that began last: the one before, if no other has begun, which only reads what is new."""
    folder = runs_folder(run.settings)
    latest = next(iter(begun_runs(folder)[-1:]), None)
    if latest is None:
        return None
    return before if before and before.run_id == latest else Monitor(folder / latest)


def has_report(run: Run, run_id: str) -> bool:
    """Whether it is there; an id that no run can have is never made into a path."""
    return run_moment(run_id) is not None and files.exists(run.data.report(run_id))


def read_report(run: Run, run_id: str) -> bytes | None:
    """A run's report.html."""
    if run_moment(run_id) is None:  # else it would be a path of somebody's choosing
        return None
    try:
        return files.read_bytes(run.data.report(run_id))
    except (FileNotFoundError, NotADirectoryError):
        return None
