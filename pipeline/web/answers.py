"""The JSON answers of the API that are not the library's own."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field, NonNegativeInt

from pipeline.monitoring.history import PastRun
from pipeline.schema import Record
from pipeline.search import Hit
from pipeline.web import examples
from pipeline.web.library.cards import Card
from pipeline.web.library.passages import Passage, Section
from pipeline.web.library.standing import Quarantined


class SearchAnswer(Record):
    """Hits, best first, and the commit that they are of."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.SEARCH]})

    commit: str | None = Field(description="none: this machine does not know what the collection was made of")
    hits: tuple[Hit, ...]


class Detail(Record):
    """A document and its outline."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.DETAIL]})

    document: Card
    outline: tuple[Section, ...]
    has_page_pictures: bool


class Passages(Record):
    """Some of a document's passages."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.PASSAGES]})

    total: NonNegativeInt = Field(description="passages of the whole document")
    passages: tuple[Passage, ...]


class Quarantine(Record):
    """By path."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.QUARANTINE]})

    documents: tuple[Quarantined, ...]


class Runs(Record):
    """Latest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.RUNS]})

    runs: tuple[PastRun, ...]


class Health(Record):
    """Whether the service can be used."""

    status: Literal["live", "ready", "starting"]
