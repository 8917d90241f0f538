"""The command that follows a run from another terminal, by the events in its folder."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Annotated

import typer
from rich.live import Live

from pipeline.cli.app import Json, app, console, print_json
from pipeline.errors import ConfigurationError
from pipeline.errors.escaping import for_json
from pipeline.monitoring.history import begun_runs, runs_folder
from pipeline.monitoring.lines import line
from pipeline.monitoring.monitor import Monitor
from pipeline.monitoring.terminal import findings, render, state_line
from pipeline.monitoring.view import View
from pipeline.settings.load import load_settings

_INTERVAL_S = 1.0
_LINE_EVERY_S = 10.0


@app.command()
def watch(
    run_id: Annotated[
        str | None, typer.Argument(help="Which run; without it the latest, or the first to begin.")
    ] = None,
    as_json: Json = False,
    once: Annotated[bool, typer.Option("--once", help="Print where the run stands and leave.")] = False,
    following: Annotated[bool, typer.Option("--next", help="Wait for the next run to begin.")] = False,
) -> None:
    """Follow a run to its end: stages, documents being worked on, time left, errors, memory. Exit 0: it finished."""
    views = _views(run_id, following)
    if once:
        view = next(views)
        if view.state == "waiting" and not as_json:
            console.print("no run yet; start with `nic run`")
            raise typer.Exit(1)
        print_json(view) if as_json else console.print(render(view))
        raise typer.Exit(view.state not in ("running", "finished"))
    show = _print_json_lines if as_json else _live if console.is_interactive else _plain
    raise typer.Exit(show(views).state != "finished")


def _views(run_id: str | None, following: bool) -> Iterator[View]:
    """One a second, until the run has ended. Raises ConfigurationError when there is no run of that id."""
    folder = runs_folder(load_settings())
    known = begun_runs(folder)
    if run_id and run_id not in known:
        raise ConfigurationError(f"there is no run {run_id}; the latest are: {', '.join(known[-3:]) or '(none)'}")
    before = known if following else []
    chosen = run_id or next(iter(set(known[-1:]) - set(before)), None)
    while chosen is None:
        yield View(run_id="", state="waiting")
        time.sleep(_INTERVAL_S)
        chosen = next(iter(sorted(set(begun_runs(folder)) - set(before))), None)
    yield from _follow(Monitor(folder / chosen))


def _follow(monitor: Monitor) -> Iterator[View]:
    while True:
        view = monitor.view()
        yield view
        if view.state != "running":
            return
        time.sleep(_INTERVAL_S)


def _live(views: Iterator[View]) -> View:
    with Live(console=console, auto_refresh=False) as live:
        for view in views:
            live.update(render(view), refresh=True)
    return view


def _plain(views: Iterator[View]) -> View:
    """A line now and then, and one for the end."""
    state, last = "", float("-inf")
    for view in views:
        is_due = time.monotonic() - last >= _LINE_EVERY_S and view.state == "running"
        if is_due or view.state != state:
            state, last = view.state, time.monotonic()
            typer.echo(" · ".join(filter(None, (view.run_id, state_line(view), line(view)))))
    for found in findings(view):
        typer.echo(found)
    return view


def _print_json_lines(views: Iterator[View]) -> View:
    for view in views:
        typer.echo(for_json(view.model_dump_json()))
    return view
