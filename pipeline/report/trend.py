"""The plot of `history`: how runs compare, as one SVG or as a page with it. Importing this module loads matplotlib."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pipeline.monitoring.history import PastRun
from pipeline.report.plots import ACCENT, STAGE_COLOURS, STYLE, as_svg
from pipeline.schema import Stage

_TITLE = "Runs: chunks in the collection, throughput by stage, failures by code"
_LABELS = 8
_HATCHES = ("", "//", "..", "xx", "\\\\", "--", "++", "oo")


def trend(runs: Sequence[PastRun]) -> Markup:
    """Three rows over the same runs, oldest on the left."""
    with mpl.rc_context(STYLE):
        figure = Figure((8, 7))
        rows = figure.subplots(3, 1, sharex=True, gridspec_kw={"bottom": 0.1, "right": 0.82, "hspace": 0.3})
        _points(rows[0], runs)
        _throughput(rows[1], runs)
        _failures(rows[2], runs)
        ticks = range(0, len(runs), -(-len(runs) // _LABELS))
        rows[2].set_xticks(ticks, [f"{runs[number].started:%m-%d\n%H:%M}" for number in ticks])
        rows[2].set_xlim(-0.6, len(runs) - 0.4)
        return as_svg(figure, "trend", "History of runs", _TITLE)


def _points(axes: Axes, runs: Sequence[PastRun]) -> None:
    known = [(number, run.points) for number, run in enumerate(runs) if run.points is not None]
    axes.plot(*zip(*known, strict=True) if known else ((), ()), color=ACCENT, marker="o", markersize=4)
    axes.set_ylim(bottom=0)
    axes.set_ylabel("chunks")


def _throughput(axes: Axes, runs: Sequence[PastRun]) -> None:
    for stage, marker in zip(Stage, "os^Dv", strict=True):
        rates = [(number, run.rate(stage)) for number, run in enumerate(runs) if run.rate(stage)]
        if rates:
            axes.plot(*zip(*rates, strict=True), color=STAGE_COLOURS[stage], marker=marker, markersize=4, label=stage)
    if axes.lines:
        axes.set_yscale("log")  # storing is a hundred times as fast as converting
        _legend(axes)
    axes.set_ylabel("documents / s")


def _failures(axes: Axes, runs: Sequence[PastRun]) -> None:
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
    axes.set_ylabel("failures")
    axes.set_ylim(0, max([1, *bottom]) * 1.05)
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))


def _legend(axes: Axes) -> None:
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize=9)
