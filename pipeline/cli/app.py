"""The application that every command registers with, in which order help lists them, and how commands print."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from pipeline.datadir import files
from pipeline.errors import ConfigurationError, TransientError
from pipeline.errors.escaping import for_json
from pipeline.monitoring.console import SafeConsole
from pipeline.schema import Record
from pipeline.settings.sections import __version__

COMMANDS = {
    "Run": ("run", "plan", "watch", "scheduler"),
    "Look": ("status", "coverage", "report", "history", "config", "export-text"),
    "Search": ("search", "serve", "mcp", "token"),
    "Repair": ("doctor", "retry", "verify", "rollback", "retire"),
    "Forget": ("gc", "purge"),
    "Measure": ("evaluate", "capacity", "metrics"),
}
"""What one wants to do -> the commands for it, the daily ones first."""


class _ByTask(TyperGroup):
    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for panel, names in COMMANDS.items():
            for name in names:
                self.commands[name].rich_help_panel = panel  # type: ignore[attr-defined]

    def list_commands(self, ctx: Any) -> list[str]:
        return [name for names in COMMANDS.values() for name in names]


app = typer.Typer(
    cls=_ByTask,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Keep a Qdrant collection in exact step with a folder of approved documents, and search it.",
    epilog="Settings: luigi.cfg, environment variables and .env; `config show` lists them all.",
)
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
console = SafeConsole()


def print_json(record: Record) -> None:
    """As indented JSON on standard output; terminals get no control characters out of it."""
    typer.echo(for_json(record.model_dump_json(indent=1)))


def print_json_list(records: Iterable[Record]) -> None:
    """As one JSON array, in the same way."""
    shown = [record.model_dump(mode="json") for record in records]
    typer.echo(for_json(json.dumps(shown, ensure_ascii=False, indent=1)))


@contextlib.contextmanager
def writing(file: Path, mode: int = 0o777) -> Iterator[None]:
    """Around writing a file that an option names: its folder is made, and what a disk refuses is said of this file.

    Raises ConfigurationError.
    """
    try:
        try:
            file.parent.mkdir(mode, parents=True, exist_ok=True)
        except FileExistsError as error:
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR)) from error
        if file.is_dir():  # it may be anybody's, and would give way
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        yield
    except (OSError, TransientError) as error:
        refused = error if isinstance(error, OSError) else error.__cause__
        if not isinstance(refused, OSError):
            raise
        message = f"{file.name} cannot be written: {files.why(refused)}"
        raise ConfigurationError(message, place=str(file.absolute())) from None


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"nic-etl {__version__}")
        raise typer.Exit


def config_above(folder: Path) -> Path | None:
    """The luigi.cfg of a folder, or of the nearest one above."""
    return next((file for each in (folder, *folder.parents) if (file := each / "luigi.cfg").is_file()), None)


@app.callback()
def _options(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Options of the program itself. A command but `run`, which goes there, is refused below the project's folder: it
    would take the defaults for the settings."""
    is_asked_for_help = not {"-h", "--help"}.isdisjoint(sys.argv)
    if context.invoked_subcommand == "run" or is_asked_for_help or os.environ.get("LUIGI_CONFIG_PATH"):
        return
    found = config_above(Path.cwd())
    if found and found.parent != Path.cwd():
        way = os.path.relpath(found.parent)
        raise ConfigurationError(f"luigi.cfg is above this folder: `cd {way}` first, or set LUIGI_CONFIG_PATH")
