"""A run's report for people: one HTML file that opens offline, made of its summary and its log alone.

Importing this package is cheap; matplotlib and jinja2 are loaded when a report is written.
"""

from __future__ import annotations

import contextlib
import logging
from pathlib import Path

from pipeline.datadir import files
from pipeline.datadir.files import FilePath
from pipeline.errors import ConfigurationError, DamagedFileError, ErrorCode, PipelineError
from pipeline.run.current import Run, keep_privately
from pipeline.run.summary import Summary
from pipeline.settings.secrets import public_message
from pipeline.settings.sections import ReportLanguage

log = logging.getLogger(__name__)


def write_report(summary: Summary, log_folder: Path, out: FilePath, language: ReportLanguage) -> None:
    """Write the report of a run, atomically. Raises TransientError when the place takes no file."""
    from pipeline.report.page import render

    files.write_bytes(out, render(summary, log_folder, language).encode("utf-8", errors="replace"))


def report_run(run: Run, summary: Summary) -> None:
    """Write the report of the run that just ended; what goes wrong here takes nothing from what the run did."""
    try:
        language = run.settings.pipeline.report_language
        write_report(summary, run.log.folder, run.data.report(run.id), language)
    except Exception as error:
        keep_privately("report", error)
        log.warning("the run's report could not be written: %s", public_message(error))


def read_summary(run: Run, run_id: str | None) -> Summary:
    """The summary of a run; without an id, of the last that has one.

    Raises ConfigurationError (no such run) and PipelineError (INCOMPLETE: it never came to its end).
    """
    ids = files.names(run.data.runs)
    if run_id is not None and run_id not in ids:
        raise ConfigurationError(f"there is no run {run_id}; `nic history` lists them")
    for found in [run_id] if run_id else sorted(ids, reverse=True):
        with contextlib.suppress(FileNotFoundError, NotADirectoryError, DamagedFileError):
            return files.read_model(run.data.summary(found), Summary)
    if run_id:
        message = f"run {run_id} did not come to its end and has no summary; the next run goes on where it was"
    else:
        message = "no run has come to its end yet, so that there is no summary; `nic run` brings one to its end"
    raise PipelineError(message, ErrorCode.INCOMPLETE)
