"""The command that starts the central scheduler."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.app import app, writing
from pipeline.datadir.paths import DataDir
from pipeline.settings.load import load_settings


@app.command()
def scheduler(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8082,
    address: Annotated[str, typer.Option(help="Interface to listen on; there is no password.")] = "127.0.0.1",
    name: Annotated[
        list[str] | None, typer.Option("--name", help="What other machines call this one; repeatable.")
    ] = None,
    state: Annotated[
        Path | None,
        typer.Option(
            dir_okay=False, help="File that keeps its state; none: luigid-state.pickle in the data directory."
        ),
    ] = None,
) -> None:
    """Start luigid with its visualiser, for this machine and the names that are given; Ctrl+C ends it."""
    from pipeline.scheduling.central import serve

    kept = state or DataDir.at(load_settings().pipeline.data_dir).luigid_state
    with writing(kept, mode=0o700), tempfile.TemporaryFile(dir=kept.parent):
        pass  # luigid itself finds out when it ends, and has lost its state by then
    line = f"open http://{address}:{port}/, then in another terminal: nic run --luigid --scheduler-port {port}"
    serve(address, port, name or (), kept, lambda: typer.echo(line))
