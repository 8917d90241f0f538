"""The page with all published documents, to browse and to filter."""

from __future__ import annotations

from starlette.responses import Response

from pipeline.errors import PipelineError
from pipeline.web.library.cards import Card
from pipeline.web.library.library import Library
from pipeline.web.pages.addresses import document_address, original_address
from pipeline.web.pages.facet_links import FacetLinks
from pipeline.web.pages.forms import DocumentsForm
from pipeline.web.pages.paging import Paging
from pipeline.web.pages.rendering import Screen
from pipeline.web.pages.search_page import ShownDocument, suggestions
from pipeline.web.pages.shown import shown_card

_DOCUMENTS = 25


def documents_page(screen: Screen, library: Library, form: DocumentsForm) -> Response:
    """The page of the list that the form asks for; 503 with the reason while the library cannot answer."""
    try:
        found = library.documents(form.selection, (form.page - 1) * _DOCUMENTS, _DOCUMENTS)
    except PipelineError as error:
        offered = suggestions(library, screen.words)
        return screen.page("documents.html.jinja", 503, form=form, **offered, problem=screen.explain(error))
    links = FacetLinks(screen.request, form, screen.words, library.run.settings.source.target_folder)
    return screen.page(
        "documents.html.jinja",
        form=form,
        **suggestions(library, screen.words),
        problem="",
        total=found.total,
        documents=[_shown(library, card) for card in found.documents],
        chosen=links.chosen(),
        facets=links.groups(found.facets),
        pages=Paging(screen.request, form.page, -(-found.total // _DOCUMENTS)),
    )


def _shown(library: Library, card: Card) -> ShownDocument:
    original = original_address(card.document_id) if library.has_original(card.document_id) else None
    return ShownDocument(shown_card(card), document_address(card.document_id), original, [], 0)
