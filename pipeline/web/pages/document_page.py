"""A document's page: what is known of it, its outline, and its text passage by passage beside its pages' pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from starlette.responses import Response

from pipeline.languages import PageTexts
from pipeline.search.blocks import Block, blocks
from pipeline.web.library.cards import Card
from pipeline.web.library.library import Library
from pipeline.web.library.passages import Passage, Section
from pipeline.web.pages.addresses import PASSAGES_SHOWN, document_address, original_address, picture_address
from pipeline.web.pages.paging import Paging
from pipeline.web.pages.rendering import Screen
from pipeline.web.pages.shown import shown_card

_MB = 1_000_000


@dataclass(frozen=True)
class ShownPassage:
    """A passage, and the headings that come before it and not before the one above."""

    index: int
    new_headings: list[Section]
    blocks: list[Block]


@dataclass(frozen=True)
class PageGroup:
    """The passages that begin on one page, and the pages that come into view with them; a format may have none."""

    pages: dict[int, str | None]
    """Number -> address of its picture, if there is one."""
    passages: list[ShownPassage]
    is_open: bool


@dataclass(frozen=True)
class Link:
    """A line of the outline; `level` is 0 for the outermost headings."""

    title: str
    level: int
    page: int | None
    address: str


def document_page(screen: Screen, library: Library, document_id: str, part: int, question: str) -> Response:
    """Passages of part `part`, from 1. Raises NotPublishedError, and what the library raises."""
    card = library.card(document_id)
    outline = library.outline(document_id)
    found = library.passages(document_id, (part - 1) * PASSAGES_SHOWN, PASSAGES_SHOWN)
    shown = shown_card(card)
    return screen.page(
        "document.html.jinja",
        card=shown,
        description=card.description,
        has_text=bool(card.chunks),
        original=original_address(document_id) if library.has_original(document_id) else None,
        citation=shown.citation(screen.words),
        passages=_groups(library, card, found, outline, question),
        outline=[_link(document_id, section, question) for section in outline],
        pages=Paging(screen.request, part, -(-card.chunks // PASSAGES_SHOWN), "part"),
        facts=dict(_facts(card, screen.words)),
        **_completeness(card, screen.words),
        versions=_versions(library, card, screen.words),
    )


def _groups(
    library: Library, card: Card, passages: Sequence[Passage], outline: Sequence[Section], question: str
) -> list[PageGroup]:
    has_pictures = library.can_show_pages(card.document_id)
    marks = library.highlights(question, card.language, [each.text for each in passages])
    made_of = {each.index: blocks(each.text, each.kind, at) for each, at in zip(passages, marks, strict=True)}
    made: list[PageGroup] = []
    seen: set[int] = set()
    for _, group in groupby(passages, key=lambda passage: passage.page_numbers[:1]):
        together = list(group)
        new = sorted({page for each in together for page in each.page_numbers} - seen)
        seen.update(new)
        shown = [
            ShownPassage(each.index, [at for at in outline if at.passage == each.index], made_of[each.index])
            for each in together
        ]
        pictures = {page: picture_address(card.document_id, page) if has_pictures else None for page in new}
        made.append(PageGroup(pictures, shown, is_open=not made))
    return made


def _link(document_id: str, section: Section, question: str) -> Link:
    address = document_address(document_id, section.passage, question)
    return Link(section.title, section.level, section.page, address)


def _facts(card: Card, words: PageTexts) -> Iterator[tuple[str, str]]:
    """Those that are known, in the order of their names."""
    for field, name in words.facts.items():
        value = getattr(card, field)
        if value is not None and value not in ("", (), 0):
            yield name, _fact(field, value, words)


def _fact(field: str, value: object, words: PageTexts) -> str:
    if isinstance(value, datetime):
        return words.day(value)
    if isinstance(value, tuple):
        return ", ".join(value)
    if field == "size_bytes" and isinstance(value, int):
        return f"{words.number(value / _MB, 2)} MB" if value >= _MB / 100 else f"{words.number(value)} bytes"
    if isinstance(value, float):
        return words.number(value, 2)
    return words.number(value) if isinstance(value, int) else str(value)


def _completeness(card: Card, words: PageTexts) -> dict[str, Any]:
    """How much of the file its text holds, and what is missing, by kind."""
    report = words.report
    missing = [
        {"kind": report.kind(gap.kind), "words": report.count_words(gap.words), "places": map(report.place, gap.places)}
        for gap in card.missing
    ]
    left_out = {report.kind(kind): report.count_words(count) for kind, count in card.left_out.items()}
    return {
        "coverage": _coverage(card, words),
        "missing": missing,
        "left_out": left_out,
        "warnings": [_warning(text, words) for text in card.warnings],
    }


def _coverage(card: Card, words: PageTexts) -> str:
    if card.text_coverage is None:
        return words.not_measured
    if card.text_coverage == 1 and not card.missing:
        return words.coverage_whole
    return words.coverage.format(share=words.percent(card.text_coverage))


def _warning(text: str, words: PageTexts) -> dict[str, str]:
    translated = words.report.translated(text)
    return {"text": translated or text, "language": "" if translated else "en"}


def _versions(library: Library, card: Card, words: PageTexts) -> list[dict[str, Any]]:
    known = library.versions(card.document_id)
    if not known:
        return [{"text": words.version_unknown, "is_shown": True}]
    return [
        {
            "text": words.version_commit.format(
                commit=(version.commit or version.blob_sha)[:8], time=words.report.moment(version.listed)
            ),
            "is_shown": version.is_published,
        }
        for version in known
    ]
