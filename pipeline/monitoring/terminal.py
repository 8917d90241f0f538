"""What a run is doing, for people: bars on a terminal, a plain line now and then elsewhere. Both show a `View`."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from pipeline.escaping import one_line
from pipeline.monitoring.console import SafeConsole
from pipeline.monitoring.logs import Lines, duration
from pipeline.monitoring.view import View
from pipeline.run.findings_lines import coverage_lines, warning_lines
from pipeline.schema import Stage

_OTHERS = ("luigi", "luigi-interface", "luigi-scheduler")
_CURRENT_SHOWN = 4
_ERRORS_SHOWN = 5
_DOCUMENTS_SHOWN = 3  # for each warning
_BAR_WIDTH = 32
STATES = {
    "waiting": "waiting for a run to begin",
    "running": "running",
    "finished": "finished",
    "incomplete": "incomplete: documents failed in this run; run again to retry them",
    "interrupted": "interrupted: nothing that was finished is lost; run again to go on",
    "failed": "failed: the run's own messages say why; run again when that is mended",
    "killed": "killed: its process is gone; nothing that was finished is lost; run again to go on",
}


class Bars:
    """One display for the whole run at the foot of the terminal, which goes when the run ends."""

    def __init__(self, console: Console) -> None:
        self._live = Live(
            console=console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=sys.stdout.isatty(),  # else what goes to a file would be shown here
        )
        self._diverted: list[logging.StreamHandler[Any]] = []

    def update(self, view: View) -> None:
        if not self._live.is_started:
            self._live.start()
            self._divert()
        self._live.update(render(view, errors=0), refresh=True)

    def close(self) -> None:
        for handler in self._diverted:
            handler.setStream(sys.__stderr__)
        self._live.stop()

    def _divert(self) -> None:
        """Luigi's handlers know standard error as it was: their lines would be written over."""
        for handler in (handler for name in _OTHERS for handler in logging.getLogger(name).handlers):
            if isinstance(handler, logging.StreamHandler) and handler.stream is sys.__stderr__:
                self._diverted.append(handler)
                handler.setStream(sys.stderr)


def viewer(is_shared: bool = False) -> Lines | Bars:
    """What fits standard error. `is_shared`: other processes write to it too, which bars would not survive."""
    console = SafeConsole(stderr=True)
    return Bars(console) if console.is_interactive and not is_shared else Lines()


def render(view: View, errors: int = _ERRORS_SHOWN) -> RenderableType:
    """The whole state: a bar per stage, what is worked on, what failed; unless `errors` is 0, what was found, too."""
    parts: list[RenderableType] = [_headline(view), _stages(view)]
    shown = [(stage, path) for stage, paths in view.current.items() for path in paths]
    parts += [_cut(f"{stage:<8}{one_line(path)}", "dim") for stage, path in shown[:_CURRENT_SHOWN]]
    parts += [
        _cut(f"{one_line(one.path)}: {one_line(one.message)} ({one.code})", "red")
        for one in (view.errors[-errors:] if errors else ())
    ]
    if errors:
        parts += [Text(line, style="yellow") for line in findings(view)]
    return Group(*parts)


def findings(view: View) -> Iterator[str]:
    """Warnings and missing text, with the first of their documents."""
    yield from coverage_lines(view.text_coverage, _DOCUMENTS_SHOWN)
    yield from warning_lines(view.warned, _DOCUMENTS_SHOWN)


def _headline(view: View) -> Text:
    facts = [f"NIC ETL {STATES[view.state]}"]
    if view.reason:
        facts.append(one_line(view.reason))
    if view.started:
        facts += [f"run {view.run_id}", duration(view.elapsed_s)]
    if view.eta_s is not None:
        facts.append(f"about {duration(view.eta_s)} left")
    if view.failed:
        codes = ", ".join(f"{code} {count}" for code, count in view.error_codes.items())
        facts.append(f"{view.failed} failed ({codes})")
    if view.warnings:
        facts.append(f"{view.warnings} warnings")
    if view.memory_mb is not None and view.state == "running":
        facts.append(f"{view.memory_mb / 1000:.1f} GB, CPU {view.cpu_percent:.0f} %")
    return Text(" · ".join(facts), style="bold", no_wrap=False)


def _stages(view: View) -> Table:
    table = Table.grid(padding=(0, 1))
    for _ in range(2):
        table.add_column(no_wrap=True)
    for _ in range(3):
        table.add_column(justify="right", no_wrap=True)
    for stage in Stage:
        if found := view.stages.get(stage):
            bar = ProgressBar(total=max(1, found.total), completed=found.done if found.total else 1, width=_BAR_WIDTH)
            failed = Text(f"{found.failed} failed", style="red") if found.failed else ""
            table.add_row(stage, bar, f"{found.done} of {found.total}", f"{found.rate_per_s:.1f}/s", failed)
    return table


def _cut(text: str, style: str) -> Text:
    return Text(text, style=style, no_wrap=True, overflow="ellipsis")
