"""Which documents of the folder somebody wants to see, and in which order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from pipeline.schema import Record
from pipeline.store.nic_schema import DocumentStatus, DocumentType
from pipeline.store.spelling import plain
from pipeline.web.library.cards import Card

Order = Literal["path", "title", "newest", "oldest"]


class Selection(Record):
    """All that is given must hold; nothing given, every document is wanted."""

    text: str = Field("", max_length=200, description="part of title or path, blind to case and accents")
    folder: str = Field("", max_length=1000, description="a folder with all below it, blind to case and accents")
    document_type: tuple[DocumentType, ...] = ()
    status: tuple[DocumentStatus, ...] = ()
    language: str = Field("", max_length=35, description="BCP 47; pt finds pt-BR and pt-PT, too")
    year: int | None = Field(None, description="of the last change")
    incomplete: bool = Field(False, description="only documents of which text is missing")
    order: Order = "path"


def select(cards: Iterable[Card], wanted: Selection) -> list[Card]:
    """The documents that match all of `wanted`, in its order."""
    found = [card for card in cards if _matches(card, wanted)]
    match wanted.order:
        case "title":
            return sorted(found, key=lambda card: (plain(card.title), card.path))
        case "newest":
            return sorted(found, key=_modified, reverse=True)
        case "oldest":
            return sorted(found, key=_modified)
        case "path":
            return sorted(found, key=lambda card: card.path)


def is_in_folder(path: str, folder: str) -> bool:
    """Blind to case and accents; the folder may be named from any of the path's parts on."""
    inside, wanted = f"/{plain(path)}", plain(folder).strip("/")
    return not wanted or f"/{wanted}/" in inside or inside.endswith(f"/{wanted}")


def _matches(card: Card, wanted: Selection) -> bool:
    language, given = card.language.casefold(), wanted.language.casefold()
    return (
        is_in_folder(card.path, wanted.folder)
        and (not wanted.text or plain(wanted.text) in plain(f"{card.title}\n{card.path}"))
        and (not wanted.document_type or card.document_type in wanted.document_type)
        and (not wanted.status or card.status in wanted.status)
        and (not given or language == given or language.startswith(f"{given}-"))
        and (wanted.year is None or card.year == wanted.year)
        and not (wanted.incomplete and not card.missing)
    )


def _modified(card: Card) -> tuple[float, str]:
    date = card.modified_date or card.created_date
    return date.timestamp() if date else 0.0, card.path
