"""Documents and passages as templates show them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from pipeline.languages import PageTexts
from pipeline.search import Hit
from pipeline.search.blocks import Block, Row, blocks, brief
from pipeline.search.passages import snippet
from pipeline.store.nic_schema import DocumentStatus, DocumentType
from pipeline.web.library.cards import Card
from pipeline.web.pages.addresses import document_address, picture_address, web_address

_BRIEF = 420
"""Characters of a passage that are shown at first."""
_PICTURES = 3
"""Of a passage's pages."""
_COMMIT_DIGITS = 8


@dataclass(frozen=True)
class ShownCard:
    """What a page says of a document; what is not known of it is None."""

    document_id: str
    title: str
    path: str
    document_type: DocumentType
    language: str
    status: DocumentStatus | None = None
    version: str | None = None
    is_latest: bool = True
    modified_date: datetime | None = None
    author: str | None = None
    text_coverage: float | None = None
    is_measured: bool = True
    missing_words: int = 0
    commit: str | None = None
    gitlab: str | None = None

    def citation(self, words: PageTexts, pages: Sequence[int] = (), section: str = "") -> str:
        """Enough to find the very same page again, or the section where a format has no pages."""
        return ", ".join(self._cited(words, pages, section))

    def _cited(self, words: PageTexts, pages: Sequence[int], section: str) -> Iterator[str]:
        yield self.title
        if self.version:
            yield words.cited_version.format(version=self.version)
        if pages:
            text = words.cited_page if len(pages) == 1 else words.cited_pages
            yield text.format(pages="–".join(map(str, sorted({pages[0], pages[-1]}))))
        elif section:
            yield f"“{section}”"
        yield self.path
        if self.commit:
            yield words.cited_commit.format(commit=self.commit[:_COMMIT_DIGITS])


def shown_card(card: Card) -> ShownCard:
    """A card as pages show it; its address in GitLab only if that is one of the web."""
    return ShownCard(
        document_id=card.document_id,
        title=card.title,
        path=card.path,
        document_type=card.document_type,
        language=card.language,
        status=card.status,
        version=card.version,
        is_latest=card.is_latest,
        modified_date=card.modified_date,
        author=card.author,
        text_coverage=card.text_coverage,
        is_measured=card.text_coverage is not None,
        missing_words=sum(gap.words for gap in card.missing),
        commit=card.commit,
        gitlab=web_address(card.url),
    )


def card_of_hit(hit: Hit) -> ShownCard:
    """Of a document that another machine published."""
    return ShownCard(hit.document_id, hit.title, hit.path, _type(hit), hit.language)


def _type(hit: Hit) -> DocumentType:
    return hit.document_type  # type: ignore[return-value]  # as it was stored, where it was checked


@dataclass(frozen=True)
class ShownHit:
    """A passage that answers the question."""

    hit: Hit
    card: ShownCard
    words: PageTexts
    question: str
    has_pictures: bool

    @property
    def number(self) -> int:
        return self.hit.chunk_index

    @property
    def headings(self) -> tuple[str, ...]:
        return self.hit.headings

    @property
    def page_numbers(self) -> tuple[int, ...]:
        return self.hit.page_numbers

    @property
    def address(self) -> str:
        return document_address(self.hit.document_id, self.hit.chunk_index, self.question)

    @property
    def pictures(self) -> dict[int, str]:
        """Page -> address of its picture, of the first pages that the passage stands on."""
        pages = self.hit.page_numbers[:_PICTURES] if self.has_pictures else ()
        return {page: picture_address(self.hit.document_id, page, self.hit.chunk_index) for page in pages}

    @property
    def citation(self) -> str:
        return self.card.citation(self.words, self.hit.page_numbers, self.hit.headings[-1] if self.hit.headings else "")

    @cached_property
    def whole(self) -> list[Block]:
        """The passage to its end, in blocks."""
        return blocks(self.hit.text, self.hit.chunk_type, self.hit.highlights)

    @cached_property
    def brief(self) -> list[Block]:
        """The rows with most of the question's words, or the best stretch of the one paragraph that there is."""
        found = brief(self.whole, _BRIEF)
        is_long = len(found) == len(found[0].rows) == 1 and found[0].rows[0].length > _BRIEF if found else False
        return [Block("text", (Row((tuple(snippet(self.hit, _BRIEF)),)),))] if is_long else found

    @property
    def is_shortened(self) -> bool:
        """Whether there is more than is shown at first."""
        return self.brief != self.whole
