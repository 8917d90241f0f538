"""The parameters of a search, as the API's address says them: all options of `nic search`."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from pipeline.schema import Method
from pipeline.search import Filters, Options
from pipeline.store.nic_schema import DocumentStatus, DocumentType
from pipeline.web.library.selection import Order, Selection

MAX_HITS = 100
NOT_BLANK = r"[^\s\x1c-\x1f\u0085\ufeff]"
"""A question has to have something in it, as on the command line. A description is read by Rust, Python and ECMAScript,
which each have another set of white space."""


class SearchQuery(BaseModel):
    """Names and meanings are those of the command's options."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    q: str = Field(
        min_length=1,
        max_length=1000,
        pattern=NOT_BLANK,
        description="the question",
        examples=["prazo para pedir férias"],
    )
    top_k: int = Field(10, ge=1, le=MAX_HITS, description="how many hits")
    method: Method = Field(Method.HYBRID, description="by meaning (dense), by words (sparse), or both")
    by_document: bool = Field(False, description="of each document only its best hit")
    neighbours: int = Field(0, ge=0, le=20, description="passages before and after a hit to give, too")
    path: str | None = Field(None, max_length=1000, description="a document, or a folder with all below it")
    type: tuple[DocumentType, ...] = Field((), description="any of these document types")
    status: tuple[DocumentStatus, ...] = Field((), description="any of these")
    language: str | None = Field(None, max_length=35, description="BCP 47; pt finds pt-BR, too")
    author: str | None = Field(None, max_length=500, description="as it is stored")
    latest: bool | None = Field(None, description="by is_latest")
    modified_from: date | None = None
    modified_to: date | None = None
    effective_from: date | None = None
    effective_to: date | None = None
    min_coverage: float | None = Field(None, ge=0, le=1, description="least share of the file's words that was read")

    @property
    def options(self) -> Options:
        """The filters as the search takes them."""
        filters = Filters(
            path=self.path,
            document_type=self.type,
            status=self.status,
            language=self.language,
            author=self.author,
            is_latest=self.latest,
            modified_from=self.modified_from,
            modified_to=self.modified_to,
            effective_from=self.effective_from,
            effective_to=self.effective_to,
            min_text_coverage=self.min_coverage,
        )
        return Options(filters=filters, by_document=self.by_document, neighbours=self.neighbours)


Search = Annotated[SearchQuery, Query()]


class SelectQuery(BaseModel):
    """Which documents to list; all that is given must hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str = Field("", max_length=200, description="part of title or path, blind to case and accents")
    folder: str = Field("", max_length=1000, description="a folder with all below it, blind to case and accents")
    type: tuple[DocumentType, ...] = Field((), description="any of these document types")
    status: tuple[DocumentStatus, ...] = Field((), description="any of these")
    language: str = Field("", max_length=35, description="BCP 47; pt finds pt-BR, too")
    year: int | None = Field(None, ge=1, le=9999, description="of the last change")
    incomplete: bool = Field(False, description="only documents of which text is missing")
    order: Order = "path"
    first: int = Field(0, ge=0, le=10_000_000, description="how many to leave out")
    count: int = Field(50, ge=1, le=500, description="how many to list")

    @property
    def selection(self) -> Selection:
        """The filters as the library takes them."""
        return Selection(
            text=self.text,
            folder=self.folder,
            document_type=self.type,
            status=self.status,
            language=self.language,
            year=self.year,
            incomplete=self.incomplete,
            order=self.order,
        )


Select = Annotated[SelectQuery, Query()]


class PassagesQuery(BaseModel):
    """Which passages of a document to give."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    first: int = Field(0, ge=0, le=10_000_000, description="index of the first passage")
    count: int = Field(50, ge=1, le=500, description="how many")


Part = Annotated[PassagesQuery, Query()]
