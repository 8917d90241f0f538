"""What the pages are asked, as their addresses say it. Empty fields are as if they were not there."""

from __future__ import annotations

from datetime import date
from typing import Self

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from pipeline.schema import Method
from pipeline.search import Filters, Options
from pipeline.store.nic_schema import DocumentStatus, DocumentType
from pipeline.web.library.selection import Order, Selection

_NOT_FILTERS = {"q", "page", "nearest", "method", "order"}


class _Form(BaseModel):
    """Unknown fields are ignored. Raises ValidationError for values that cannot be."""

    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)

    path: str = Field("", max_length=1000)
    type: DocumentType | None = None
    status: DocumentStatus | None = None
    language: str = Field("", max_length=35)
    page: int = Field(1, ge=1, le=10_000)

    @classmethod
    def read(cls, request: Request) -> Self:
        return cls.model_validate({name: value for name, value in request.query_params.items() if value.strip()})

    @property
    def choices(self) -> int:
        """How many filters are not as they are at first."""
        return len(self.model_dump(exclude=_NOT_FILTERS, exclude_defaults=True))


class SearchForm(_Form):
    """Of the search page."""

    q: str = Field("", max_length=1000)
    method: Method = Method.HYBRID
    modified_from: date | None = None
    modified_to: date | None = None
    nearest: bool = Field(False, description="show what is nearest, relevant or not; of links, not of the form")

    @property
    def options(self) -> Options:
        """The filters as the search takes them."""
        filters = Filters(
            path=self.path or None,
            document_type=(self.type,) if self.type else (),
            status=(self.status,) if self.status else (),
            language=self.language or None,
            modified_from=self.modified_from,
            modified_to=self.modified_to,
        )
        return Options(filters=filters)

    @property
    def year(self) -> int | None:
        """The year that both days are the ends of."""
        first, last = self.modified_from, self.modified_to
        if not first or not last or first.year != last.year:
            return None
        return first.year if (first, last) == (date(first.year, 1, 1), date(first.year, 12, 31)) else None


class DocumentsForm(_Form):
    """Of the page with all documents."""

    text: str = Field("", max_length=200)
    year: int | None = Field(None, ge=1, le=9999)
    incomplete: bool = False
    order: Order = "path"

    @property
    def selection(self) -> Selection:
        """The filters as the library takes them."""
        return Selection(
            text=self.text,
            folder=self.path,
            document_type=(self.type,) if self.type else (),
            status=(self.status,) if self.status else (),
            language=self.language,
            year=self.year,
            incomplete=self.incomplete,
            order=self.order,
        )
