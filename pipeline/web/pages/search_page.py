"""The search page: documents that answer a question, with their best passages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from pipeline.errors import PipelineError
from pipeline.languages import PageTexts
from pipeline.web.library.answers import DocumentHits, Found
from pipeline.web.library.library import Library
from pipeline.web.pages.addresses import document_address, original_address
from pipeline.web.pages.facet_links import FacetLinks, similar
from pipeline.web.pages.forms import SearchForm
from pipeline.web.pages.paging import Paging
from pipeline.web.pages.rendering import Screen
from pipeline.web.pages.shown import ShownCard, ShownHit, card_of_hit, shown_card

_DOCUMENTS = 10
_PASSAGES = 3
"""Of a document that are shown."""


@dataclass(frozen=True)
class ShownDocument:
    """A document among the results: its best passages, and how many `more` of it were found."""

    card: ShownCard
    address: str
    original: str | None
    hits: list[ShownHit]
    more: int


def search_page(screen: Screen, library: Library, form: SearchForm) -> Response:
    """Without a question, the form alone."""
    try:
        found = _find(library, form)
    except PipelineError as error:
        offered = suggestions(library, screen.words)
        return screen.page("search.html.jinja", 503, form=form, **offered, problem=screen.explain(error))
    links = FacetLinks(screen.request, form, screen.words, library.run.settings.source.target_folder)
    return screen.page(
        "search.html.jinja",
        form=form,
        **suggestions(library, screen.words),
        problem="",
        found=found,
        documents=[_shown(library, one, screen.words, form.q) for one in found.documents] if found else [],
        chosen=links.chosen(),
        facets=links.groups(found.facets) if found else [],
        without_filters=links.without_filters(),
        folder_hints=_hints(library, form, links) if found and not found.total else {},
        nearest_address=links.nearest(),
        pages=Paging(screen.request, form.page, found.pages if found else 0),
    )


def _find(library: Library, form: SearchForm) -> Found | None:
    if not form.q:
        return None
    return library.find(form.q, form.method, form.options, page=form.page, size=_DOCUMENTS)


def suggestions(library: Library, words: PageTexts) -> dict[str, Any]:
    """What the filters offer; nothing while nothing is published, or what is published is still being loaded."""
    if not library.is_open:
        return {"folders": [], "languages": {}}
    try:
        facets = library.facets()
    except PipelineError:
        return {"folders": [], "languages": {}}
    return {
        "folders": sorted(facets.folder),
        "languages": {tag: words.language_name(tag) for tag in sorted(facets.language)},
    }


def _hints(library: Library, form: SearchForm, links: FacetLinks) -> dict[str, str]:
    """Folders that may be meant, where the filter's folder holds nothing that was found."""
    if not form.path:
        return {}
    return {folder: links.to_folder(folder) for folder in similar(form.path, library.facets().folder)}


def _shown(library: Library, found: DocumentHits, words: PageTexts, question: str) -> ShownDocument:
    card = shown_card(found.card) if found.card else card_of_hit(found.hits[0])
    has_pictures = library.can_show_pages(found.document_id)
    hits = [ShownHit(hit, card, words, question, has_pictures) for hit in found.hits[:_PASSAGES]]
    return ShownDocument(
        card=card,
        address=document_address(found.document_id, question=question),
        original=original_address(found.document_id) if library.has_original(found.document_id) else None,
        hits=hits,
        more=max(0, len(found.hits) - _PASSAGES),
    )
