"""What a question may be narrowed down to. Plain data: `pipeline.store.conditions` puts it to Qdrant."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from pipeline.schema import Record
from pipeline.store.nic_schema import DocumentStatus, DocumentType


class Filters(Record):
    """All that is given must hold of a chunk's document; nothing given, nothing is left out.

    Days are of UTC and belong to the range themselves. A document without the date is outside every range of it.
    """

    path: str | None = Field(
        None, description="a document, or a folder, of any case and accents; the target folder may lack"
    )
    document_type: tuple[DocumentType, ...] = Field((), description="any of these")
    status: tuple[DocumentStatus, ...] = Field((), description="any of these")
    language: str | None = Field(None, description="BCP 47; pt finds pt-BR and pt-PT, too")
    author: str | None = Field(None, description="exactly as it is stored")
    is_latest: bool | None = None
    modified_from: date | None = None
    modified_to: date | None = None
    effective_from: date | None = None
    effective_to: date | None = None
    min_text_coverage: float | None = Field(
        None, ge=0, le=1, description="share of its file's words that a document's text holds at least"
    )


EVERYTHING = Filters()
