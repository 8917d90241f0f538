"""The hits of one question as people and programs are shown them: by document, with counts of what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import Field, NonNegativeInt

from pipeline.schema import Record
from pipeline.search import Hit
from pipeline.web.library.cards import Card
from pipeline.web.library.facets import Facets, count_facets


class DocumentHits(Record):
    """A document that answers a question, with its hits, best first; the card lacks where only Qdrant knows it."""

    document_id: str
    card: Card | None
    hits: tuple[Hit, ...]


class Found(Record):
    """One page of a question's answer, best document first; facets count all documents found, not only the page's."""

    documents: tuple[DocumentHits, ...]
    is_relevant: bool = Field(description="whether anything found seems to answer the question")
    passages: NonNegativeInt = Field(description="hits that the documents were found by")
    total: NonNegativeInt
    page: NonNegativeInt
    pages: NonNegativeInt
    facets: Facets


def group(hits: Sequence[Hit], cards: Mapping[str, Card]) -> list[DocumentHits]:
    """By document, in the order of each one's best hit."""
    together: dict[str, list[Hit]] = {}
    for hit in hits:
        together.setdefault(hit.document_id, []).append(hit)
    return [DocumentHits(document_id=key, card=cards.get(key), hits=tuple(found)) for key, found in together.items()]


def page_of(found: Sequence[DocumentHits], page: int, size: int, *, is_relevant: bool) -> Found:
    """Pages count from 1; one beyond the last is empty."""
    some = found[(page - 1) * size : page * size]
    cards = (each.card for each in found if each.card)
    return Found(
        documents=tuple(some),
        is_relevant=is_relevant,
        passages=sum(len(each.hits) for each in found),
        total=len(found),
        page=page,
        pages=-(-len(found) // size),
        facets=count_facets(cards),
    )
