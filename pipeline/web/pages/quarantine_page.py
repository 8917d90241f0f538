"""The page with what is in quarantine: why, since when, what to do, and which command releases it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from starlette.responses import Response

from pipeline.errors import ErrorCode, PipelineError
from pipeline.languages import PageTexts
from pipeline.web.library.library import Library
from pipeline.web.library.standing import Quarantined
from pipeline.web.pages.paging import Paging
from pipeline.web.pages.rendering import Screen

_DOCUMENTS = 50


@dataclass(frozen=True)
class Held:
    """A document in quarantine; `together`: how many others are released with it."""

    path: str
    code: str
    meaning: str
    message: str
    message_language: str
    remedy: str
    since: str
    stage: str
    release: str
    release_hint: str
    command: str
    together: int


def quarantine_page(screen: Screen, library: Library, page: int) -> Response:
    """Page `page`, from 1; 503 with the reason while the data directory cannot be read."""
    try:
        found = library.quarantined()
    except PipelineError as error:
        return screen.page("quarantine.html.jinja", 503, problem=screen.explain(error))
    alike = Counter(one.blob_sha for one in found if one.code is not ErrorCode.PURGED)
    some = found[(page - 1) * _DOCUMENTS : page * _DOCUMENTS]
    return screen.page(
        "quarantine.html.jinja",
        problem="",
        held=[_held(one, max(0, alike[one.blob_sha] - 1), screen.words) for one in some],
        total=len(found),
        pages=Paging(screen.request, page, -(-len(found) // _DOCUMENTS)),
    )


def _held(found: Quarantined, together: int, words: PageTexts) -> Held:
    report = words.report
    translated = report.translated(found.message)
    meaning = report.meaning(found.code)
    purged = found.code is ErrorCode.PURGED
    return Held(
        path=found.path,
        code=found.code,
        meaning=meaning or translated or found.message,
        message=(translated or found.message) if meaning else "",
        message_language=words.language if translated else "en",
        remedy=report.what_to_do(found.code),
        since=report.moment(found.since),
        stage=report.stages[found.stage],
        release=words.release if purged else words.retry,
        release_hint=words.purged_hint if purged else words.retry_hint,
        command=found.release,
        together=0 if purged else together,
    )
