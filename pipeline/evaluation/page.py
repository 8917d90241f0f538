"""An evaluation as one HTML file that opens offline: the figures side by side, drawn with intervals, worst questions.

Importing this module loads matplotlib. Questions and paths are hostile input: jinja2 escapes them, always.
"""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from pipeline.evaluation.evaluate import Evaluation, MethodOutcome
from pipeline.evaluation.measures import MEASURES
from pipeline.report.plots import STAGE_COLOURS, STYLE, as_svg
from pipeline.report.templates import page_environment

_TITLE = "Measures by way of searching, with 95 % intervals"
_ENVIRONMENT = page_environment(("pipeline.evaluation", "."))


def render(evaluation: Evaluation) -> str:
    """The whole page."""
    answers = [answer for outcome in evaluation.outcomes.values() for answer in outcome.answers]
    measured = {name for answer in answers for name in answer.values}
    labels = {name: label for name, label in MEASURES.items() if name in measured}
    template = _ENVIRONMENT.get_template("page.html.jinja")
    return template.render(evaluation=evaluation, labels=labels, plot=_plot(evaluation.outcomes))


def _plot(outcomes: Mapping[str, MethodOutcome]) -> Markup:
    with mpl.rc_context(STYLE):
        return as_svg(drawing(outcomes), "measures", "Measures", _TITLE)


def drawing(outcomes: Mapping[str, MethodOutcome]) -> Figure:
    """A row for each measure, a mark for each way of searching; the axis ends where shares do."""
    shown = [name for name in MEASURES if all(name in outcome.overall.measures for outcome in outcomes.values())]
    figure = Figure((8, 0.55 * len(shown) + 1.2))
    axes = figure.subplots(gridspec_kw={"left": 0.13, "right": 0.8, "top": 0.97, "bottom": 0.8 / len(shown)})
    ways = zip(outcomes.items(), STAGE_COLOURS.values(), "osDv", strict=False)
    for number, ((method, outcome), colour, marker) in enumerate(ways):
        found = [outcome.overall.measures[name] for name in shown]
        rows = [row + 0.22 * (number - (len(outcomes) - 1) / 2) for row in range(len(shown))]
        below, above = [each.mean - each.low for each in found], [each.high - each.mean for each in found]
        means = [each.mean for each in found]
        axes.errorbar(
            means, rows, xerr=[below, above], fmt=marker, color=colour, markersize=5, label=method, clip_on=False
        )
    axes.set_yticks(range(len(shown)), [MEASURES[name] for name in shown])
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.set_xlabel("of the questions")
    axes.legend(loc="upper left", bbox_to_anchor=(1.02, 1), frameon=False)
    return figure
