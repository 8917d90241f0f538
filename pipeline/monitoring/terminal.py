"""What a run is doing, for people: bars on a terminal, a plain line now and then elsewhere. Both show a `View`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, ConsoleDimensions, ConsoleOptions, Group, RenderableType, RenderResult
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from pipeline.errors.escaping import one_line
from pipeline.monitoring.console import SafeConsole
from pipeline.monitoring.diversion import diversion
from pipeline.monitoring.lines import Lines, duration
from pipeline.monitoring.view import View
from pipeline.run.findings_lines import coverage_lines, warning_lines
from pipeline.schema import Stage

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


PUBLISHING = "publishing: proving the collection and handing it to readers"


class Bars:
    """One display for the whole run at the foot of the terminal, which goes when the run ends.

    While it is there, what this process and its workers write is shown above it.
    """

    def __init__(self) -> None:
        self._terminal = os.fdopen(os.dup(2), "w", errors="replace")  # itself not diverted
        self._console = SafeConsole(file=self._terminal)
        self._live = Live(
            console=self._console, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False
        )
        diversion().begin(self._above)

    def update(self, view: View) -> None:
        """Draw the bars again, as wide as the terminal is now."""
        columns, lines = os.get_terminal_size(self._terminal.fileno())
        if columns and lines:  # not every terminal knows its size
            self._console.size = ConsoleDimensions(columns, lines)
        if not self._live.is_started:
            self._live.start()
        self._live.update(render(view, errors=0), refresh=True)

    def close(self) -> None:
        """Take the bars away; what is written goes to the terminal directly again."""
        diversion().end()
        self._live.stop()
        self._terminal.close()

    def _above(self, line: str) -> None:
        self._console.print(Text.from_ansi(line) if "\x1b" in line else line)


def viewer(is_shared: bool = False) -> Lines | Bars:
    """What fits standard error. `is_shared`: processes that Luigi forks write to it too, past every diversion."""
    is_terminal = SafeConsole(stderr=True).is_interactive and sys.stderr is sys.__stderr__
    return Bars() if is_terminal and not is_shared else Lines()


def render(view: View, errors: int = _ERRORS_SHOWN) -> RenderableType:
    """The whole state: a bar per stage, what is worked on, what failed; unless `errors` is 0, what was found, too."""
    parts: list[RenderableType] = [_headline(view), _stages(view)]
    shown = [(stage, path) for stage, paths in view.current.items() for path in paths]
    parts += [_cut(f"{stage:<8}{one_line(path)}", "dim") for stage, path in shown[:_CURRENT_SHOWN]]
    shape = _cut if view.state == "running" else Text  # lines that come and go stay one; the last word is whole
    parts += [
        shape(f"{one_line(one.path)}: {one_line(one.message)} ({one.code})", style="red")
        for one in (view.errors[-errors:] if errors else ())
    ]
    if errors:
        parts += [Text(line, style="yellow") for line in findings(view)]
    return Group(*parts)


def state_line(view: View) -> str:
    """How the run stands; where it says itself why it ended, that is more than what such an end means in general."""
    return f"{view.state}: {one_line(view.reason)}" if view.reason else STATES[view.state]


def findings(view: View) -> Iterator[str]:
    """Warnings and missing text, with the first of their documents."""
    yield from coverage_lines(view.text_coverage, _DOCUMENTS_SHOWN)
    yield from warning_lines(view.warned, _DOCUMENTS_SHOWN)


def _headline(view: View) -> _Facts:
    facts = [f"NIC ETL {PUBLISHING if view.is_publishing else state_line(view)}"]
    if view.documents:
        facts.append(f"{view.documents - view.to_do + view.done} of {view.documents} documents")
    if view.started:
        facts += [f"run {view.run_id}", duration(view.elapsed_s)]
    if view.eta_s is not None:
        facts.append(f"about {duration(view.eta_s)} left")
    if view.failed:
        codes = ", ".join(f"{code} {count}" for code, count in view.error_codes.items())
        facts.append(f"{view.failed} failed ({codes})")
    if view.warnings:
        facts.append(f"{view.warnings} warning{'' if view.warnings == 1 else 's'}")
    if view.memory_mb is not None and view.state == "running":
        facts.append(f"{view.memory_mb / 1000:.1f} GB, CPU {view.cpu_percent:.0f} %")
    return _Facts(tuple(facts))


@dataclass(frozen=True)
class _Facts:
    """Beside each other as far as they fit: none is torn, such as a number from its unit."""

    facts: tuple[str, ...]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        lines = [self.facts[0]]
        for fact in self.facts[1:]:
            joined = f"{lines[-1]} · {fact}"
            if cell_len(joined) + len(" ·") > options.max_width:
                lines[-1:] = [f"{lines[-1]} ·", fact]
            else:
                lines[-1] = joined
        yield Text("\n".join(lines), style="bold")


def _stages(view: View) -> Table:
    table = Table.grid(padding=(0, 1))
    for _ in range(2):
        table.add_column(no_wrap=True)
    for _ in range(4):
        table.add_column(justify="right", no_wrap=True)
    for stage in Stage:
        if found := view.stages.get(stage):
            bar = ProgressBar(total=max(1, found.total), completed=found.done if found.total else 1, width=_BAR_WIDTH)
            failed = Text(f"{found.failed} failed", style="red") if found.failed else ""
            before = Text(f"{found.before} before", style="dim") if found.before else ""
            is_going_on = view.state == "running" and found.done < found.total
            rate = f"{found.rate_per_s:.1f}/s" if is_going_on else ""  # of late: nothing more comes, or nothing ended
            table.add_row(stage, bar, f"{found.done} of {found.total}", before, rate, failed)
    return table


def _cut(text: str, style: str) -> Text:
    return Text(text, style=style, no_wrap=True, overflow="ellipsis")
