"""The plot of `history`: how runs compare, as one SVG or as a page with it. Importing this module loads matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from pipeline.languages import ReportTexts
from pipeline.monitoring.history import PastRun
from pipeline.report.plots import ACCENT, STAGE_COLOURS, STYLE, as_svg
from pipeline.schema import Stage

_LABELS = 8
_HATCHES = ("", "//", "..", "xx", "\\\\", "--", "++", "oo")
_FAILED_COLOUR = STAGE_COLOURS[Stage.CONVERT]


def trend(runs: Sequence[PastRun], words: ReportTexts) -> Markup:
    """Three rows over the same runs, oldest on the left."""
    with mpl.rc_context(STYLE):
        figure = Figure((8, 7))
        rows = figure.subplots(3, 1, sharex=True, gridspec_kw={"bottom": 0.1, "right": 0.82, "hspace": 0.3})
        _points(rows[0], runs, words)
        _throughput(rows[1], runs, words)
        _failures(rows[2], runs, words)
        for axes in rows:
            _mark_unfinished(axes, runs)
        ticks = range(0, len(runs), -(-len(runs) // _LABELS))
        rows[2].set_xticks(ticks, [words.short_moment(runs[number].started) for number in ticks])
        rows[2].set_xlim(-0.6, len(runs) - 0.4)
        return as_svg(figure, "trend", words.history, words.history_description, is_tight=True)


def _points(axes: Axes, runs: Sequence[PastRun], words: ReportTexts) -> None:
    """Chunks; a run without a count of them is marked on the ground line."""
    known = [(number, run.points) for number, run in enumerate(runs) if run.points is not None]
    axes.plot(*zip(*known, strict=True) if known else ((), ()), color=ACCENT, marker="o", markersize=4, clip_on=False)
    axes.set_ylim(0, 1.05 * max([1, *(points for _, points in known)]))
    axes.set_ylabel(words.chunks)
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: words.number(value)))
    if unfinished := _unfinished(runs):
        zeros = [0] * len(unfinished)
        style: dict[str, Any] = {"marker": "X", "markersize": 7, "linestyle": "none", "clip_on": False, "zorder": 5}
        axes.plot(unfinished, zeros, color=_FAILED_COLOUR, label=words.unfinished_runs, **style)
        _legend(axes)


def _throughput(axes: Axes, runs: Sequence[PastRun], words: ReportTexts) -> None:
    for stage, marker in zip(Stage, "os^Dv", strict=True):
        rates = [(number, run.rate(stage)) for number, run in enumerate(runs) if run.rate(stage)]
        if rates:
            style: dict[str, Any] = {"color": STAGE_COLOURS[stage], "marker": marker, "markersize": 4, "clip_on": False}
            axes.plot(*zip(*rates, strict=True), label=words.stages[stage], **style)
    if axes.lines:
        axes.set_yscale("log")  # storing is a hundred times as fast as converting
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: words.number(value, 0 if value >= 1 else 2)))
        _legend(axes)
    axes.set_ylabel(words.per_second)


def _failures(axes: Axes, runs: Sequence[PastRun], words: ReportTexts) -> None:
    bottom = [0] * len(runs)
    codes = sorted({code for run in runs for code in run.failures})
    for number, code in enumerate(codes):
        counts = [run.failures.get(code, 0) for run in runs]
        colour = list(STAGE_COLOURS.values())[number % len(Stage)]
        hatch = _HATCHES[number // len(Stage) % len(_HATCHES)]
        axes.bar(range(len(runs)), counts, bottom=bottom, color=colour, hatch=hatch, label=code)
        bottom = [below + count for below, count in zip(bottom, counts, strict=True)]
    if codes:
        _legend(axes)
    axes.set_ylabel(words.failures_axis)
    axes.set_ylim(0, max([1, *bottom]) * 1.05)
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))


def _unfinished(runs: Sequence[PastRun]) -> list[int]:
    """The numbers of the runs that came to a bad end, or to none."""
    return [number for number, run in enumerate(runs) if run.outcome not in ("finished", "running")]


def _mark_unfinished(axes: Axes, runs: Sequence[PastRun]) -> None:
    for number in _unfinished(runs):
        axes.axvspan(number - 0.4, number + 0.4, color=_FAILED_COLOUR, alpha=0.15, linewidth=0, zorder=0)


def _legend(axes: Axes) -> None:
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.05), frameon=False, fontsize=9)
