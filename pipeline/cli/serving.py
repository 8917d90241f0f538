"""The commands that let others ask the collection: people in a browser, programs, agents."""

from __future__ import annotations

import logging
from typing import Annotated

import typer

from pipeline.cli.app import Json, app, console, print_json
from pipeline.datadir.paths import DataDir
from pipeline.run.current import current_run
from pipeline.schema import Record, Timestamp
from pipeline.settings.load import load_settings

token = typer.Typer(no_args_is_help=True, help="Make, list and revoke the tokens that open the service to others.")
app.add_typer(token, name="token")


class KnownToken(Record):
    """What is shown of a token; itself it is shown once, when it is made."""

    name: str
    created: Timestamp


class KnownTokens(Record):
    """What `token list --json` prints."""

    tokens: tuple[KnownToken, ...]


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on. None: [web] host.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="0: a free one. None: [web] port.")] = None,
) -> None:
    """Serve pages, API and MCP over HTTP, for this machine alone unless there is a token; Ctrl+C ends it."""
    from pipeline.web.guard import access_log
    from pipeline.web.server import WebServer

    access_log.setLevel(logging.INFO)
    server = WebServer(current_run(), host, port)
    typer.echo(server.address, err=True)
    server.serve_until_stopped()


@app.command()
def mcp() -> None:
    """Serve MCP over standard input and output, for an agent that starts this command."""
    from pipeline.web.server import serve_agents

    serve_agents(current_run())


@token.command()
def create(name: Annotated[str, typer.Argument(help="Whom it is for, such as intranet.")]) -> None:
    """Make a token and print it; it is not kept and cannot be shown again."""
    from pipeline.web import tokens

    typer.echo(tokens.create(_data(), name))


@token.command(name="list")
def show(as_json: Json = False) -> None:
    """List the tokens that are valid: name and when each was made."""
    from pipeline.web import tokens

    found = tokens.list_tokens(_data())
    if as_json:
        print_json(KnownTokens(tokens=tuple(KnownToken(name=each.name, created=each.created) for each in found)))
        return
    for each in found:
        console.print(f"{each.created:%F %H:%M} UTC  {each.name}", markup=False)
    if not found:
        console.print("no tokens")


@token.command()
def revoke(name: Annotated[str, typer.Argument(help="As `token list` shows it.")]) -> None:
    """Make a token worthless, at once."""
    from pipeline.web import tokens

    tokens.revoke(_data(), name)


def _data() -> DataDir:
    return DataDir.at(load_settings().pipeline.data_dir)
