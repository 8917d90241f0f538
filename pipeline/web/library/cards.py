"""A published document in brief: what its first point says of it, and what was found when it was converted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field, NonNegativeInt

from pipeline.run.records import StoredVersion
from pipeline.schema import Document, Gap, Record, Timestamp
from pipeline.store.nic_schema import DocumentStatus, DocumentType

_RENAMED = {"path": "file_path", "chunks": "total_chunks", "url": "gitlab_url", "commit": "gitlab_commit"}
_RENAMED |= {"extension": "file_extension", "size_bytes": "file_size_bytes"}
_FOUND_ELSEWHERE = {"warnings", "missing", "left_out"}


class Card(Record):
    """The facts of one document, named as in NIC Schema where they are shorter there."""

    document_id: str
    path: str
    title: str
    description: str | None = None
    document_type: DocumentType = "other"
    status: DocumentStatus = "approved"
    category: str | None = None
    subcategory: str | None = None
    tags: tuple[str, ...] = ()
    language: str = Field("", description="BCP 47; empty where no text was found")
    author: str | None = None
    department: str | None = None
    version: str | None = None
    is_latest: bool = True
    created_date: Timestamp | None = None
    modified_date: Timestamp | None = None
    approved_date: Timestamp | None = None
    effective_date: Timestamp | None = None
    expiration_date: Timestamp | None = None
    extension: str
    size_bytes: NonNegativeInt
    page_count: NonNegativeInt | None = None
    chunks: NonNegativeInt = Field(0, description="passages that the document was cut into")
    total_tokens: NonNegativeInt = 0
    ocr_applied: bool = False
    ocr_confidence: float | None = None
    quality_score: float | None = None
    text_coverage: float | None = Field(None, description="share of the file's words that were read")
    content_version: str
    commit: str | None = Field(None, description="last commit that touched the document")
    url: str | None = Field(None, description="the document in GitLab, at that commit")
    warnings: tuple[str, ...] = ()
    missing: tuple[Gap, ...] = Field((), description="words that should have been read and were not, by kind")
    left_out: dict[str, NonNegativeInt] = Field({}, description="words left out on purpose: kind -> how many")

    @property
    def folder(self) -> str:
        return self.path.rpartition("/")[0]

    @property
    def year(self) -> int | None:
        """Of its last change."""
        return self.modified_date.year if self.modified_date else None


_STORED = {name: _RENAMED.get(name, name) for name in Card.model_fields if name not in _FOUND_ELSEWHERE}
FIELDS = list(_STORED.values())
"""The payload fields that a card is made of."""


def make_card(document: Document | None, stored: StoredVersion, payload: Mapping[str, Any] | None) -> Card | None:
    """A document without text has no point: then the source's facts are all there is, if they are known here."""
    findings = {
        "warnings": stored.warnings,
        "missing": stored.gaps.missing if stored.gaps else (),
        "left_out": stored.left_out or {},
    }
    if payload is not None:
        facts = {name: payload[field] for name, field in _STORED.items() if field in payload}
        return Card.model_validate({**facts, **findings})
    return Card.model_validate({**_of_source(document, stored), **findings}) if document else None


def _of_source(document: Document, stored: StoredVersion) -> dict[str, Any]:
    names = {"document_id", "path", "extension", "size_bytes", "author", "commit", "url"}
    return {
        **document.model_dump(include=names | {"created_date", "modified_date"}),
        "title": document.path.rpartition("/")[2],
        "content_version": stored.content_version,
        "text_coverage": stored.text_coverage,
    }
