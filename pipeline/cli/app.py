"""The application that every command registers with, and how commands print."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from pipeline.schema import Record

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Look at what `luigi --module pipeline RunAll` did, and search the collection. Settings: luigi.cfg, README.",
)
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
console = Console(highlight=False, soft_wrap=True)


def print_json(record: Record) -> None:
    typer.echo(record.model_dump_json(indent=1))
