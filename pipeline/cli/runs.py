"""Commands about past runs: their reports, how they compare, and what a larger load would take."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.measure import Measurement
from rich.table import Table

from pipeline.cli.app import Json, app, console, print_json, writing
from pipeline.errors.escaping import one_line
from pipeline.monitoring.console import SafeConsole
from pipeline.run.current import current_run
from pipeline.schema import Stage
from pipeline.settings.sections import ReportLanguage

if TYPE_CHECKING:
    from pipeline.inspection.forecast import Forecast, Range
    from pipeline.monitoring.history import PastRun

_UNBOUNDED = 10_000
_WIDE = 200  # of a file or pipe; cut numbers would be worse than long lines


@app.command()
def report(
    run_id: Annotated[str | None, typer.Argument(help="The run, as `history` names it; none: the last.")] = None,
    out: Annotated[
        Path | None, typer.Option(dir_okay=False, help="File to write; none: report.html of the run.")
    ] = None,
    language: Annotated[ReportLanguage | None, typer.Option(help="None: [pipeline] report_language.")] = None,
) -> None:
    """Write a run's report.html again, from its summary and its log, and print where it is."""
    from pipeline.report import read_summary, write_report

    run = current_run()
    summary = read_summary(run, run_id)
    target = out or run.data.report(summary.run_id)
    spoken = language or run.settings.pipeline.report_language
    with writing(out) if out else contextlib.nullcontext():
        write_report(summary, run.data.run(summary.run_id), target, spoken)
    typer.echo(target)


@app.command()
def history(
    as_json: Json = False,
    last: Annotated[int, typer.Option(min=0, help="How many runs; 0: all.")] = 20,
    plot: Annotated[Path | None, typer.Option(dir_okay=False, help="Draw it, too: FILE.svg or FILE.html.")] = None,
    language: Annotated[
        ReportLanguage | None, typer.Option(help="Of the drawing; none: [pipeline] report_language.")
    ] = None,
) -> None:
    """Compare the runs so far: outcome, documents, time, throughput of each stage, failures, chunks."""
    from pipeline.monitoring.history import read_history

    run = current_run()
    found = read_history(run, last)
    if plot and found.runs:
        _draw(found.runs, plot, language or run.settings.pipeline.report_language)
    if as_json:
        print_json(found)
    elif found.runs:
        _show_history(found.runs)
        console.print("rates: documents per second of each stage")
        for past in found.runs:
            if past.reason:
                console.print(f"{past.run_id} {past.outcome}: {one_line(past.reason)}")
    else:
        console.print("no run yet; start with `nic run`")


@app.command()
def capacity(
    documents: Annotated[int, typer.Option(min=1, help="How many documents.")],
    as_json: Json = False,
) -> None:
    """Estimate time, disk, memory and chunks for so many documents like those that past runs processed here."""
    from pipeline.inspection.forecast import estimate

    found = estimate(current_run(), documents)
    if as_json:
        print_json(found)
    else:
        _show_capacity(found)


def _draw(runs: tuple[PastRun, ...], file: Path, language: ReportLanguage) -> None:
    from pipeline.datadir import files
    from pipeline.report.page import render_trend

    if file.suffix not in (".svg", ".html"):
        raise typer.BadParameter("--plot takes FILE.svg or FILE.html")
    drawn = render_trend(runs, language, as_page=file.suffix == ".html")
    with writing(file):
        files.write_bytes(file, drawn.encode())


def _show_history(runs: tuple[PastRun, ...]) -> None:
    """One table, or where the terminal is too narrow for it two, as cut numbers would be wrong ones."""
    whole = _history_table(runs, {**_COUNTS, **_RATES})
    width = Measurement.get(console, console.options.update_width(_UNBOUNDED), whole).maximum
    if not console.is_terminal or width <= console.width:
        SafeConsole(soft_wrap=True, width=max(console.width, _WIDE)).print(whole)
    else:
        console.print(_history_table(runs, _COUNTS, gap=1))
        console.print()
        console.print(_history_table(runs, _RATES, gap=1))


def _history_table(runs: tuple[PastRun, ...], columns: dict[str, Callable[[PastRun], str]], gap: int = 2) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, gap, 0, 0))
    table.add_column("run", no_wrap=True)
    for name in columns:
        is_wide = name == "failures"
        justify: Literal["left", "right"] = "left" if name in _WORDS else "right"
        table.add_column(name, justify=justify, no_wrap=not is_wide, overflow="fold" if is_wide else "ellipsis")
    for run in runs:
        table.add_row(run.run_id, *(text(run) for text in columns.values()))
    return table


def _count(value: int | None) -> str:
    return "–" if value is None else str(value)


def _rate(run: PastRun, stage: Stage) -> str:
    rate = run.rate(stage)
    return "–" if rate is None else f"{rate:.3g}"


_WORDS = ("outcome", "failures")
_COUNTS: dict[str, Callable[[PastRun], str]] = {
    "outcome": lambda run: run.outcome,
    "s": lambda run: f"{run.seconds:.0f}",
    "total": lambda run: _count(run.total),
    "new": lambda run: _count(run.new),
    "changed": lambda run: _count(run.changed),
    "removed": lambda run: _count(run.removed),
    "quar.": lambda run: _count(run.quarantined),
}
_RATES: dict[str, Callable[[PastRun], str]] = {
    "chunks": lambda run: _count(run.points),
    **{stage: functools.partial(_rate, stage=stage) for stage in Stage},
    "failures": lambda run: " ".join(f"{code}:{count}" for code, count in run.failures.items()),
}


def _show_capacity(found: Forecast) -> None:
    console.print(f"{found.documents} documents like the {found.seen_documents} that were measured here")
    table = Table(box=None, pad_edge=False)
    for name in ("", "low", "expected", "high"):
        table.add_column(name, justify="right" if name else "left")
    ranges = {"time, s": found.seconds, "data, MB": found.data_mb, "chunks": found.points}
    for name, estimated in (ranges | {f"{stage}, s of work": r for stage, r in found.stage_seconds.items()}).items():
        table.add_row(name, *_numbers(estimated))
    console.print(table)
    if found.memory_peak_mb is not None:
        console.print(f"memory: {found.memory_peak_mb:.0f} MB at most so far; it does not grow with the documents")
    console.print(f"work at the same time: {found.parallelism:g}")
    for note in found.notes:
        console.print(f"note: {note}")


def _numbers(estimated: Range | None) -> tuple[str, str, str]:
    if estimated is None:
        return "–", "–", "–"
    return _figure(estimated.low), _figure(estimated.expected), _figure(estimated.high)


def _figure(value: float) -> str:
    """Three digits that count, written out: 9,920 and 0.12, never 9.92e+03."""
    return f"{float(f'{value:.3g}'):,.10g}"
