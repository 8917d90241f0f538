"""The commands of `nic`, which `python -m pipeline` has too: run the main job, look at its results, ask the collection.

Exit codes: 0 well, 1 an error (its message says what to do), 2 wrong usage, 3 `status --check` found something; `run`
has its own.
"""

from __future__ import annotations

import logging
import sys

import typer

from pipeline.cli import (
    collections,
    configuration,
    coverage,
    documents,
    evaluation,
    forgetting,
    metrics,
    run,
    runs,
    scheduler,
    search,
    serving,
    state,
    watch,
)
from pipeline.cli.app import app
from pipeline.monitoring.console import for_standard_error
from pipeline.monitoring.logs import configure_logging
from pipeline.run.current import keep_privately
from pipeline.settings.secrets import terminal_message

MODULES = (
    *(collections, configuration, coverage, documents, evaluation, forgetting, metrics),
    *(run, runs, scheduler, search, serving, state, watch),
)
"""Importing a module registers its commands."""


def main() -> None:
    """Run a command; an error is one line on standard error and exit code 1, its traceback is kept privately."""
    configure_logging(logging.WARNING)  # the answer is on standard output; only trouble is worth a log line
    try:
        app(prog_name="nic")
    except Exception as error:
        kept = keep_privately(" ".join(sys.argv[1:2]), error)
        where = f" ({kept})" if kept else ""
        typer.echo(for_standard_error(f"error: {terminal_message(error)}{where}"), err=True)
        raise SystemExit(1) from None
