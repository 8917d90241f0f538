"""The report's plots as SVG for a page: text is text, colours are the page's own variables, ids are unique.

Importing this module loads matplotlib.
"""

from __future__ import annotations

import io
import re
from typing import Any

import matplotlib as mpl
import numpy as np
from markupsafe import Markup, escape
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from pipeline.languages import ReportTexts
from pipeline.report.timeline import Timeline
from pipeline.run.summary import Histogram
from pipeline.schema import Stage

# Stand for variables of the style sheet, which are other colours on a dark page.
ACCENT, _INK, _MUTED, _LINE = "#010101", "#020202", "#030303", "#040404"
STAGE_COLOURS = {stage: f"#0500{number:02x}" for number, stage in enumerate(Stage)}
_VARIABLES = {
    _INK: "var(--ink, #1a2330)",  # the second colour is for a file that is only this plot
    _MUTED: "var(--muted, #55606f)",
    _LINE: "var(--line, #dde2e9)",
    ACCENT: "var(--accent, #0b5cad)",
    STAGE_COLOURS[Stage.FETCH]: "var(--fetch, #0072b2)",
    STAGE_COLOURS[Stage.CONVERT]: "var(--convert, #c2570c)",
    STAGE_COLOURS[Stage.CHUNK]: "var(--chunk, #a3568a)",
    STAGE_COLOURS[Stage.EMBED]: "var(--embed, #007a5e)",
    STAGE_COLOURS[Stage.STORE]: "var(--store, #8a6d00)",
}
_WIDTH = 5.6  # inches of 72 units: on a phone the text is still readable
_NAMES = 0.2  # of the width, for the stages' names
_ROW = 0.75  # of the distance between rows
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.size": 11,
    "text.color": _INK,
    "text.parse_math": False,  # names of documents are no formulas
    "axes.edgecolor": _LINE,
    "axes.labelcolor": _MUTED,
    "axes.labelsize": 10,
    "axes.labelpad": 7,
    "axes.titlesize": 10,
    "axes.titlecolor": _MUTED,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": _LINE,
    "grid.linewidth": 0.8,
    "xtick.color": _LINE,
    "ytick.color": _LINE,
    "xtick.labelcolor": _MUTED,
    "ytick.labelcolor": _INK,
    "figure.subplot.left": 0.13,  # fixed: working the margins out takes longer than drawing
    "figure.subplot.right": 0.97,
    "figure.subplot.top": 0.91,
    "figure.subplot.bottom": 0.19,
}


def gantt(timeline: Timeline, words: ReportTexts) -> Markup:
    """When each stage had a document in work."""
    with mpl.rc_context(STYLE):
        figure = Figure((_WIDTH, 3.2))
        axes = figure.subplots(gridspec_kw={"left": _NAMES})
        rows = list(timeline.spans)
        factor = _time_axis(axes, timeline.duration_s, words)
        for row, stage in enumerate(rows):
            bars = [(begin / factor, (end - begin) / factor) for begin, end in timeline.spans[stage]]
            axes.broken_barh(bars, (row - 0.32, 0.64), color=STAGE_COLOURS[stage], linewidth=0)
        axes.set_yticks(range(len(rows)), [words.stages[stage] for stage in rows])
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
        return as_svg(figure, "gantt", words.gantt, words.gantt_description)


def throughput(timeline: Timeline, words: ReportTexts) -> Markup:
    """Documents per second, a row for each stage with a scale of its own."""
    with mpl.rc_context(STYLE):
        figure = Figure((_WIDTH, 3.2))
        axes = figure.subplots(gridspec_kw={"left": _NAMES, "right": 0.8})  # further ones take as long as a plot
        factor = _time_axis(axes, timeline.duration_s, words)
        stages = list(reversed(timeline.ends))
        for row, stage in enumerate(stages):
            rate = timeline.rate(stage)
            top = max(float(rate.max()), 1e-9)
            heights = row + _ROW * rate / top
            axes.stairs(heights, timeline.slots / factor, baseline=row, fill=True, color=STAGE_COLOURS[stage])
            peak, beside = words.maximum.format(value=words.number(top, 1)), axes.get_yaxis_transform()
            axes.text(1.02, row + _ROW / 2, peak, transform=beside, va="center", color=_MUTED, fontsize=9)
        rows = np.arange(len(stages))
        axes.hlines(rows, 0, timeline.duration_s / factor, color=_LINE, linewidth=0.8)
        axes.set_ylim(0, rows[-1] + _ROW)
        axes.set_yticks(rows + _ROW / 2, [words.stages[stage] for stage in stages])
        axes.grid(visible=False, axis="y")
        axes.tick_params(length=0)
        axes.spines["left"].set_visible(False)
        return as_svg(figure, "throughput", words.throughput, words.throughput_description)


def resources(timeline: Timeline, words: ReportTexts) -> Markup:
    """Memory and CPU over time."""
    with mpl.rc_context(STYLE):
        figure = Figure((_WIDTH, 3.2))
        rows = figure.subplots(2, 1, sharex=True, gridspec_kw={"hspace": 0.45})
        columns = (1, words.memory_axis, Stage.FETCH), (2, words.cpu_axis, Stage.CONVERT)
        for axes, (column, label, stage) in zip(rows, columns, strict=True):
            factor = _time_axis(axes, timeline.duration_s, words, label=axes is rows[-1])
            times, values = timeline.samples[:, 0] / factor, timeline.samples[:, column]
            axes.plot(times, values, color=STAGE_COLOURS[stage], linewidth=1.6)
            axes.set_ylim(bottom=0)
            axes.set_title(label)
            _numbers(axes, words)
        return as_svg(figure, "resources", words.resources, words.resources_description)


def histogram(found: Histogram, words: ReportTexts, name: str, labels: tuple[str, str, str]) -> Markup:
    """`labels` are title, description and the horizontal axis."""
    title, description, axis = labels
    with mpl.rc_context(STYLE):
        figure = Figure((_WIDTH, 2.6))
        axes = figure.subplots()
        axes.stairs(found.counts, found.edges, fill=True, color=ACCENT)
        axes.set_xlim(found.edges[0], found.edges[-1])
        axes.set_xlabel(axis)
        axes.set_title(words.count_axis)
        axes.grid(visible=False, axis="x")
        decimals = 1 if found.edges[-1] <= 1 else 0
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: words.number(value, decimals)))
        _numbers(axes, words)
        return as_svg(figure, name, title, description)


def _time_axis(axes: Axes, duration_s: float, words: ReportTexts, label: bool = True) -> float:
    """Scale the horizontal axis to seconds, minutes or hours; returns how many seconds its unit has."""
    factor, unit = next(
        (f, u) for f, u, most in ((1, "s", 180), (60, "min", 10800), (3600, "h", np.inf)) if duration_s <= most
    )
    axes.set_xlim(0, duration_s / factor)
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda value, _: f"{value:g}".replace(".", "," if words.decimal_comma else "."))
    )
    if label:
        axes.set_xlabel(words.time_axis.format(unit=unit))
    return factor


def _numbers(axes: Axes, words: ReportTexts) -> None:
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: words.number(value)))


def as_svg(figure: Figure, name: str, title: str, description: str, is_tight: bool = False) -> Markup:
    """The figure as an element of a page, with a title and a description for those who do not see it.

    `is_tight`: as large as what is drawn, such as a legend whose words nobody knows before.
    """
    out = io.StringIO()
    options = {"bbox_inches": "tight", "pad_inches": 0.2} if is_tight else {}
    metadata = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    figure.savefig(out, format="svg", transparent=True, metadata=metadata, **options)
    text = out.getvalue()
    body = text[text.index("<svg") :]
    view = re.search(r'viewBox="[^"]+"', body)
    inner = body[body.index(">") + 1 :]
    inner = re.sub(r'\bid="', f'id="{name}-', inner)
    inner = inner.replace("url(#", f"url(#{name}-").replace('href="#', f'href="#{name}-')
    for colour, variable in _VARIABLES.items():
        inner = inner.replace(colour, variable)
    opening = (
        f'<svg class="plot" role="img" {view.group() if view else ""} aria-labelledby="{name}-title {name}-text" '
        'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
    )
    head = f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-text">{escape(description)}</desc>'
    return Markup(opening + head + inner)  # noqa: S704 - made here; only the words of this package are in it
