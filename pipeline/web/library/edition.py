"""One publication as its readers see it, which does not change while they look."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from pipeline.publish.published import published_documents
from pipeline.run.current import Run
from pipeline.run.records import Published
from pipeline.schema import Document, point_id
from pipeline.web.library.cards import FIELDS, Card, make_card
from pipeline.web.library.facets import Facets, count_facets

if TYPE_CHECKING:
    from pipeline.store.reader import Reader


class Edition:
    """A collection that was proven equal to a commit, and its documents.

    `published` is None where this machine only knows the collection: then it can be searched, and that is all.
    """

    def __init__(self, run: Run, reader: Reader, published: Published | None, stamp: str = "") -> None:
        self.reader = reader
        self.published = published
        self.stamp = stamp
        self._run = run

    @property
    def commit(self) -> str | None:
        return self.published.commit if self.published else None

    @cached_property
    def documents(self) -> dict[str, Document]:
        """What the source said of them, by id."""
        found = published_documents(self._run, self.published) if self.published else []
        return {document.document_id: document for document in found}

    @cached_property
    def cards(self) -> dict[str, Card]:
        """All documents by id, in the order of their paths."""
        return {card.document_id: card for card in sorted(self._cards(), key=lambda card: card.path)}

    @cached_property
    def facets(self) -> Facets:
        """Of all documents."""
        return count_facets(self.cards.values())

    def _cards(self) -> Iterator[Card]:
        stored = self.published.documents if self.published else {}
        payloads = self.reader.slots([(document_id, 0) for document_id in stored], FIELDS)
        for document_id, version in stored.items():
            card = make_card(self.documents.get(document_id), version, payloads.get(point_id(document_id, 0)))
            if card:
                yield card
