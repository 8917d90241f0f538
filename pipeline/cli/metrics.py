"""The command that shows a run to Prometheus."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.app import app, writing
from pipeline.datadir.paths import DataDir
from pipeline.errors import ConfigurationError
from pipeline.settings.load import load_settings

_HOST = "127.0.0.1"  # there is no password; a scraper elsewhere needs a proxy that asks for one


@app.command()
def metrics(
    serve: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Answer http://127.0.0.1:PORT/metrics; 0: a free port.")
    ] = None,
    textfile: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Write them to a file for node_exporter, as a whole.")
    ] = None,
) -> None:
    """Print the newest run's metrics in Prometheus' text format, whether it is going on or not."""
    from prometheus_client import write_to_textfile

    from pipeline.monitoring.prometheus import exposition, registry

    data = DataDir.at(load_settings().pipeline.data_dir)  # not current_run: a model that is missing must not blind us
    if textfile:
        with writing(textfile):
            write_to_textfile(str(textfile), registry(data))
    if serve is not None:
        _serve(serve, data)
    elif not textfile:
        typer.echo(exposition(data), nl=False)


def _serve(port: int, data: DataDir) -> None:
    from prometheus_client import start_http_server

    from pipeline.monitoring.prometheus import registry

    try:
        server, thread = start_http_server(port, _HOST, registry(data))
    except OSError as error:
        why = f"port {port} cannot be used: {error.strerror} ({_HOST})"
        raise ConfigurationError(f"{why}; choose another for --serve") from None
    typer.echo(f"http://{_HOST}:{server.server_port}/metrics", err=True)
    with contextlib.suppress(KeyboardInterrupt):
        thread.join()
