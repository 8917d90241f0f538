"""The command that runs the main job: Luigi's own command line, with the right luigi.cfg and its exit codes."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import luigi.configuration
import typer

from pipeline.cli.app import app
from pipeline.errors import ConfigurationError
from pipeline.progress import configure_logging

EXIT_CODES = {
    "already_running": 10,
    "missing_data": 20,
    "not_run": 25,
    "task_failed": 30,
    "scheduling_error": 35,
    "unhandled_exception": 40,
}
"""Luigi's names of the ways to fail -> exit code. Luigi itself exits with 0 where luigi.cfg has no [retcode]."""


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def run(
    context: typer.Context,
    luigid: Annotated[
        bool, typer.Option("--luigid", help="Use the central scheduler that `make scheduler` starts.")
    ] = False,
) -> None:
    """Bring the collection into step with the folder: the main job.

    Further options are Luigi's, such as --chunking-target-chunk-size 300 or --scheduler-port 8083.

    Exit codes: 0 finished, 1 a setting or the source is invalid, 10 already running, 20 missing data, 25 not run,
    30 a task failed, 35 scheduling failed, 40 an unexpected error, 130 and 143 interrupted.
    """
    folder = find_config().parent
    if folder != Path.cwd():
        typer.echo(f"using {folder / 'luigi.cfg'}", err=True)
        os.chdir(folder)
        os.execv(sys.executable, [sys.executable, "-m", "pipeline", *sys.argv[1:]])  # noqa: S606 - ourselves
    from luigi.cmdline import luigi_run

    configure_logging()
    config = luigi.configuration.get_config()
    for name, code in EXIT_CODES.items():
        if not config.has_option("retcode", name):
            config.set("retcode", name, str(code))
    luigi_run(["--module", "pipeline", "RunAll", *([] if luigid else ["--local-scheduler"]), *context.args])


def find_config() -> Path:
    """The luigi.cfg of this folder, or of the nearest folder above; LUIGI_CONFIG_PATH wins, from any folder.

    Raises ConfigurationError when there is none: the defaults alone name folders that are not here.
    """
    here = Path.cwd()
    if os.environ.get("LUIGI_CONFIG_PATH"):
        return here / "luigi.cfg"
    found = next((file for each in (here, *here.parents) if (file := each / "luigi.cfg").is_file()), None)
    if found is None:
        raise ConfigurationError(
            "there is no luigi.cfg in this folder or above it: go to the project's folder, or set LUIGI_CONFIG_PATH"
        )
    return found
