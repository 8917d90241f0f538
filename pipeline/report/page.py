"""Fills the report's template. File names and messages are hostile input: jinja2 escapes them, always."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from markupsafe import Markup

from pipeline.languages import REPORTS, ReportTexts
from pipeline.monitoring.history import PastRun
from pipeline.report import plots
from pipeline.report.templates import page_environment
from pipeline.report.timeline import Timeline, read_timeline
from pipeline.report.trend import trend
from pipeline.run.summary import Summary
from pipeline.settings.sections import ReportLanguage

_ENVIRONMENT = page_environment()
_CURVE = 3  # two samples are the beginning and the end of a run that took a second or two: nothing to look at


class Plot(NamedTuple):
    """A diagram as inline SVG, with the words around it."""

    title: str
    description: str
    svg: Markup


def render(summary: Summary, log_folder: Path, language: ReportLanguage) -> str:
    """The whole page; what the log lacks (a run of an older version, a log that is gone) is left out."""
    words = REPORTS[language]
    timeline = read_timeline(log_folder, summary.started, summary.seconds)
    template = _ENVIRONMENT.get_template("page.html.jinja")
    return template.render(summary=summary, words=words, plots=list(_plots(summary, timeline, words)))


def render_trend(runs: Sequence[PastRun], language: ReportLanguage, as_page: bool) -> str:
    """The plot of `history`: a page with it, or the SVG alone."""
    words = REPORTS[language]
    plot = trend(runs, words)
    return _ENVIRONMENT.get_template("history.html.jinja").render(plot=plot, words=words) if as_page else str(plot)


def _plots(summary: Summary, timeline: Timeline, words: ReportTexts) -> Iterator[Plot]:
    if timeline.ends:
        yield Plot(words.gantt, words.gantt_description, plots.gantt(timeline, words))
        yield Plot(words.throughput, words.throughput_description, plots.throughput(timeline, words))
    if len(timeline.samples) >= _CURVE:
        yield Plot(words.resources, words.resources_description, plots.resources(timeline, words))
    if summary.chunk_tokens:
        description = words.tokens_description.format(documents=words.count_documents(summary.chunk_tokens.documents))
        labels = words.tokens, description, words.tokens_axis
        yield Plot(*labels[:2], plots.histogram(summary.chunk_tokens, words, "tokens", labels))
    if summary.ocr_scores:
        description = words.scores_description.format(documents=words.count_documents(summary.ocr_scores.documents))
        labels = words.scores, description, words.scores_axis
        yield Plot(*labels[:2], plots.histogram(summary.ocr_scores, words, "scores", labels))
