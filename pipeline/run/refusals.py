"""A run that fails before its work leaves its trace, so that whoever looks in the morning sees that there was one."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime

from pipeline.datadir.paths import DataDir
from pipeline.errors import PipelineError
from pipeline.run.current import current_run
from pipeline.run.events import Ended, RunLog
from pipeline.run.run_id import new_run_id
from pipeline.settings.load import given_settings
from pipeline.settings.secrets import public_message
from pipeline.settings.sections import PipelineSettings


def note_refusal(error: PipelineError) -> None:
    """Write down that a run failed, and why; nowhere, if there is no data directory yet."""
    with contextlib.suppress(PipelineError, OSError, ValueError):
        log = _log()
        if log:
            log.append(Ended(time=datetime.now(UTC), outcome="failed", reason=public_message(error)))


def _log() -> RunLog | None:
    """That of this process's run; with settings that give none, one in the data directory that they name."""
    try:
        run = current_run()
    except PipelineError:
        data = DataDir.at(given_settings()["pipeline"].get("data_dir") or PipelineSettings().data_dir)
        log = RunLog(data.run(new_run_id()))
    else:
        data, log = run.data, run.log
    return log if data.local_runs.parent.exists() or log.folder.exists() else None
