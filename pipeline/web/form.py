"""What the search page is asked, as its address says it."""

from __future__ import annotations

from datetime import date
from urllib.parse import parse_qs

from pydantic import BaseModel, ConfigDict, Field

from pipeline.schema import Method
from pipeline.search import Filters, Options
from pipeline.store.nic_schema import DocumentStatus, DocumentType


class Form(BaseModel):
    """The fields of the page; unknown ones are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)

    q: str = Field("", max_length=1000)
    method: Method = Method.HYBRID
    by_document: bool = False
    neighbours: int = Field(1, ge=0, le=5)
    path: str | None = Field(None, max_length=1000)
    document_type: DocumentType | None = None
    status: DocumentStatus | None = None
    language: str | None = Field(None, max_length=35)
    modified_from: date | None = None
    modified_to: date | None = None

    @classmethod
    def read(cls, query: str) -> Form:
        """Of an address' query string; empty fields are as if they were not there. Raises ValidationError."""
        given = parse_qs(query, max_num_fields=50)
        return cls.model_validate({name: values[-1] for name, values in given.items()})

    @property
    def options(self) -> Options:
        filters = Filters(
            path=self.path,
            document_type=(self.document_type,) if self.document_type else (),
            status=(self.status,) if self.status else (),
            language=self.language,
            modified_from=self.modified_from,
            modified_to=self.modified_to,
        )
        return Options(filters=filters, by_document=self.by_document, neighbours=self.neighbours)

    @property
    def choices(self) -> int:
        """How many filters are not as they are at first."""
        return sum(bool(value) for value in self.model_dump(exclude={"q"}, exclude_defaults=True).values())
