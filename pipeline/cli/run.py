"""The command that runs the main job: Luigi's own command line, with the right luigi.cfg and its exit codes."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.app import app, config_above
from pipeline.errors import ConfigurationError
from pipeline.monitoring.logs import configure_logging
from pipeline.scheduling import run_main_job
from pipeline.settings import environment


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def run(
    context: typer.Context,
    luigid: Annotated[
        bool, typer.Option("--luigid", help="Use the central scheduler that `nic scheduler` starts.")
    ] = False,
) -> None:
    """Bring the collection into step with the folder: the main job.

    Further options are Luigi's, such as --chunking-target-chunk-size 300; --scheduler-host and its kin imply --luigid.
    Relative paths count from the folder of luigi.cfg.

    Exit codes: 0 finished, 1 a setting or the source is invalid, 2 wrong usage, 10 already running, 20 missing data,
    25 not run, 30 a task failed, 35 scheduling failed, 40 an unexpected error, 130 and 143 interrupted.
    """
    folder = find_config().parent
    if folder != Path.cwd():
        _begin_again(folder)
    configure_logging()
    run_main_job(context.args, is_central=luigid)


def find_config() -> Path:
    """The luigi.cfg of this folder, or of the nearest folder above; LUIGI_CONFIG_PATH wins, from any folder.

    Raises ConfigurationError when there is none that can be read: the defaults alone name folders that are not here.
    """
    here = Path.cwd()
    if named := os.environ.get("LUIGI_CONFIG_PATH"):
        _check_readable(Path(named), "LUIGI_CONFIG_PATH names")
        return here / "luigi.cfg"
    found = config_above(here)
    if found is None:
        raise ConfigurationError(
            "there is no luigi.cfg in this folder or above it: go to the project's folder, or set LUIGI_CONFIG_PATH"
        )
    _check_readable(found, "here is")
    return found


def _check_readable(file: Path, what: str) -> None:
    """Luigi passes over a file that it cannot read."""
    if not file.is_file() or not os.access(file, os.R_OK):
        raise ConfigurationError(f"{what} a file that is not there or cannot be read: {file.name}")


def _begin_again(folder: Path) -> None:
    """Start this command anew in the folder: settings were read when the package was imported."""
    typer.echo(f"using {folder / 'luigi.cfg'}", err=True)
    for name in environment.taken_from_file:  # the .env of the folder that we leave
        os.environ.pop(name, None)
    os.chdir(folder)
    os.execv(sys.executable, [sys.executable, "-P", "-m", "pipeline", *sys.argv[1:]])  # noqa: S606 - ourselves
