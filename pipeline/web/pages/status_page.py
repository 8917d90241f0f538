"""The page that says how things stand: what is published, the run going on, the runs so far."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from pipeline.errors import PipelineError
from pipeline.languages import PageTexts
from pipeline.monitoring.history import PastRun
from pipeline.monitoring.view import View
from pipeline.settings.scheduler import scheduler_url
from pipeline.web.events import STILL_HERE, StillHere, changes
from pipeline.web.library.library import Library
from pipeline.web.library.standing import Standing
from pipeline.web.pages.addresses import report_address, web_address
from pipeline.web.pages.rendering import Screen
from pipeline.web.service import Service

_RUNS = 20
_CURRENT = 3
"""Documents in work that are named for each stage."""
_DIGITS = 12
_POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
_POLICY += "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"


@dataclass(frozen=True)
class ShownStage:
    """One stage of the run: counts as text, and the paths that are in it now."""

    name: str
    done: str
    total: str
    before: str
    failed: str
    current: tuple[str, ...]


@dataclass(frozen=True)
class ShownRun:
    """The run going on, or the last one."""

    id: str
    state: str
    times: str
    done: int
    to_do: int
    is_at_work: bool
    stages: list[ShownStage]


def status_page(screen: Screen, service: Service) -> Response:
    """The whole page; 503 with the reason while the data directory cannot be read."""
    library, words = service.library, screen.words
    headers = {"Content-Security-Policy": _POLICY}
    try:
        standing, past, view = library.standing(), library.past_runs(_RUNS), service.live.view()
    except PipelineError as error:
        return screen.page("status.html.jinja", 503, headers, problem=screen.explain(error))
    return screen.page(
        "status.html.jinja",
        headers=headers,
        problem="",
        outcome=_outcome(standing, words),
        compared=words.compared.format(listed=words.report.moment(standing.listed)) if standing.listed else "",
        published=dict(_facts(standing, words)),
        run=_run(view, words),
        runs=[_past(run, library, words) for run in past],
        luigid=web_address(scheduler_url()),
    )


async def live(screen: Screen, service: Service) -> AsyncIterator[str]:
    """`run` events with the page's part about the latest run, as HTML."""
    async for view in changes(service):
        if isinstance(view, StillHere):
            yield STILL_HERE
            continue
        fragment = await run_in_threadpool(screen.fragment, "run.html.jinja", run=_run(view, screen.words))
        lines = "".join(f"data: {line}\n" for line in fragment.splitlines() if line.strip())
        yield f"event: run\n{lines}\n"


def _outcome(standing: Standing, words: PageTexts) -> dict[str, str]:
    if standing.commit is None:
        return {"kind": "warn", "text": words.nothing_published}
    if standing.rolled_back_from:
        return {"kind": "bad", "text": words.rolled_back}
    if standing.is_current:
        return {"kind": "good", "text": words.current}
    documents = words.count_documents(standing.waiting)
    return {"kind": "warn", "text": words.behind.format(documents=documents)}


def _facts(standing: Standing, words: PageTexts) -> Iterator[tuple[str, str]]:
    for field, name in words.standing_facts.items():
        value = getattr(standing, field)
        if value is None:
            continue
        if field in ("commit", "listed_commit"):
            yield name, value[:_DIGITS]
        elif field in ("published", "proven", "listed"):
            yield name, words.report.moment(value)
        else:
            yield name, words.number(value) if isinstance(value, int) else value


def _run(view: View | None, words: PageTexts) -> ShownRun | None:
    if view is None or view.started is None:
        return None
    return ShownRun(
        id=view.run_id,
        state=words.run_states[view.state],
        times=" · ".join(_times(view, words)),
        done=view.done,
        to_do=view.to_do,
        is_at_work=view.state == "running",
        stages=[
            ShownStage(
                name=words.report.stages[stage],
                done=words.number(counted.done),
                total=words.number(counted.total),
                before=words.run_before.format(count=words.number(counted.before)) if counted.before else "",
                failed=words.number(counted.failed),
                current=view.current.get(stage, ())[:_CURRENT],
            )
            for stage, counted in view.stages.items()
        ],
    )


def _times(view: View, words: PageTexts) -> Iterator[str]:
    report = words.report
    if view.started:
        elapsed = _together(report.seconds(view.elapsed_s))
        yield words.run_since.format(started=report.moment(view.started), elapsed=elapsed)
    if view.eta_s is not None:
        yield words.run_left.format(left=_together(report.seconds(view.eta_s)))


def _together(time: str) -> str:
    """A number goes to no other line than its unit."""
    return time.replace(" ", "\u00a0")


def _past(run: PastRun, library: Library, words: PageTexts) -> dict[str, str | None]:
    counts = (run.new, run.changed, run.removed)
    return {
        "started": words.report.moment(run.started),
        "outcome": words.run_states[run.outcome],
        "duration": words.report.seconds(run.seconds),
        "documents": _count(run.total, words),
        "changes": ", ".join(_count(count, words) for count in counts),
        "quarantined": _count(run.quarantined, words),
        "report": report_address(run.run_id) if library.has_report(run.run_id) else None,
    }


def _count(value: int | None, words: PageTexts) -> str:
    """A run that was killed has no counts."""
    return "–" if value is None else words.number(value)
