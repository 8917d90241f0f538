"""What a run did: counts, failures and times, as data for machines and as a table for people."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipeline.errors.escaping import one_line
from pipeline.monitoring.console import SafeConsole
from pipeline.run.findings_lines import counted, coverage_lines, documents, warning_lines
from pipeline.run.summary import Summary
from pipeline.schema import Stage

_DOCUMENTS_SHOWN = 3  # for each warning; the others are in the summary, and in what `nic status --json` prints


def show(summary: Summary, console: Console | None = None) -> None:
    """Print a summary for people: outcome, documents, stages, then every document that is not searchable and why."""
    console = console or SafeConsole()
    finished = summary.outcome == "finished"
    console.print()
    console.print(
        Text(
            "NIC ETL: finished" if finished else "NIC ETL: not finished", style="bold green" if finished else "bold red"
        )
        + Text(f" · {summary.seconds:.0f} s · run {summary.run_id}", style="default not bold")
    )
    if finished:
        console.print(
            f"collection {summary.alias} holds exactly commit {summary.commit[:12]}: "
            f"{documents(summary.total - len(summary.quarantined))}, {counted(summary.points, 'chunk')}"
        )
    console.print(_documents(summary))
    if summary.stages:
        console.print(_stages(summary))
    _list(console, "quarantined", [(f.path, f.failure.reason) for f in summary.quarantined])
    _list(console, "failed in this run", [(f.path, f.failure.reason) for f in summary.failed])
    _list(console, "skipped", [(file.path, file.reason) for file in summary.skipped])
    for line in (
        *coverage_lines(summary.text_coverage, _DOCUMENTS_SHOWN),
        *warning_lines(summary.warnings, _DOCUMENTS_SHOWN),
    ):
        console.print(line)


def show_up_to_date(alias: str, commit: str, quarantined: int) -> None:
    """Say that a run had nothing to do, and what it leaves out."""
    SafeConsole().print(f"NIC ETL: nothing to do; collection {alias} already holds exactly commit {commit[:12]}")
    if quarantined:
        SafeConsole().print(f"{documents(quarantined)} in quarantine; `nic status` says why")


def show_failed(reason: str | None, run_id: str) -> None:
    """Say that a run failed, and why, as far as that is one thing."""
    why = reason or "its messages above say why"
    SafeConsole().print(Text("NIC ETL: not finished", "bold red") + Text(f" · {why} · run {run_id}"))


def _documents(summary: Summary) -> Table:
    table = Table(box=None, pad_edge=False)
    counts = {
        "documents": summary.total,
        "new": summary.new,
        "changed": summary.changed,
        "unchanged": summary.unchanged,
        "removed": summary.removed,
        "quarantined": len(summary.quarantined),
        "failed": len(summary.failed),
        "skipped": len(summary.skipped),
    }
    for name in counts:
        table.add_column(name, justify="right")
    table.add_row(*(str(count) for count in counts.values()))
    return table


def _stages(summary: Summary) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("stage", "documents", "failed", "elapsed s", "work s"):
        table.add_column(name, justify="left" if name == "stage" else "right")
    for stage in Stage:
        if stage in summary.stages:
            done = summary.stages[stage]
            table.add_row(stage, str(done.documents), str(done.failed), f"{done.elapsed_s:.1f}", f"{done.work_s:.1f}")
    return table


def _list(console: Console, title: str, rows: list[tuple[str, str]]) -> None:
    if rows:
        console.print(title, style="bold")
    for path, reason in rows:
        console.print(f"  {one_line(path)}: {one_line(reason)}")
