"""How many of some documents there are of each type, status, language, year and folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from pathlib import PurePosixPath
from typing import TypeVar

from pydantic import Field, NonNegativeInt

from pipeline.schema import Record
from pipeline.web.library.cards import Card

Value = TypeVar("Value", bound=Hashable)


class Facets(Record):
    """Value -> documents, the most frequent value first; a folder counts what is below it, too."""

    document_type: dict[str, NonNegativeInt] = Field(default_factory=dict)
    status: dict[str, NonNegativeInt] = Field(default_factory=dict)
    language: dict[str, NonNegativeInt] = Field(default_factory=dict)
    year: dict[int, NonNegativeInt] = Field(default_factory=dict)
    folder: dict[str, NonNegativeInt] = Field(default_factory=dict)


def count_facets(cards: Iterable[Card]) -> Facets:
    """A folder counts with every document below it; a document without language or year counts in neither."""
    found = list(cards)
    return Facets(
        document_type=_counts(card.document_type for card in found),
        status=_counts(card.status for card in found),
        language=_counts(card.language for card in found if card.language),
        year=_counts(card.year for card in found if card.year),
        folder=_counts(folder for card in found for folder in folders(card.path)),
    )


def folders(path: str) -> Iterator[str]:
    """The folders that a path is in, the nearest one first."""
    yield from (str(folder) for folder in PurePosixPath(path).parents if folder.name)


def _counts(values: Iterable[Value]) -> dict[Value, int]:
    return dict(sorted(Counter(values).items(), key=lambda item: (-item[1], str(item[0]))))
