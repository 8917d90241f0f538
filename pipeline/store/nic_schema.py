"""NIC Schema v1: the flat payload that every point of the collection carries.

Readers filter on these field names; they do not change. docs/nic-schema.md says where each value comes from.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, NonNegativeInt, model_validator

from pipeline.schema import BoundingBox, ChunkType, LanguageTag, Record, Timestamp

DocumentType = Literal["policy", "procedure", "guideline", "manual", "report", "presentation", "form", "other"]
DocumentStatus = Literal["draft", "approved", "archived", "deprecated"]


class Payload(Record):
    """NIC Schema v1: what every point carries. Unknown facts are absent."""

    # identity
    document_id: str
    title: str
    description: str | None = None
    file_path: str
    file_name: str
    file_extension: str
    file_size_bytes: NonNegativeInt
    file_hash: str = Field(pattern=r"^[0-9a-f]{64}$")
    # classification
    document_type: DocumentType
    category: str | None = None
    subcategory: str | None = None
    tags: tuple[str, ...] = ()
    status: DocumentStatus = "approved"
    # time
    created_date: Timestamp | None = None
    modified_date: Timestamp | None = None
    approved_date: Timestamp | None = None
    effective_date: Timestamp | None = None
    expiration_date: Timestamp | None = None
    # responsibility
    author: str | None = None
    reviewer: str | None = None
    approver: str | None = None
    department: str | None = None
    organization: str = "NIC"
    # content
    language: LanguageTag
    page_count: NonNegativeInt | None = None
    section_count: NonNegativeInt
    total_tokens: NonNegativeInt
    # version
    version: str | None = None
    revision: NonNegativeInt | None = None
    is_latest: bool = True
    previous_version: str | None = None
    # processing
    processing_timestamp: Timestamp
    processing_pipeline_version: str
    ocr_applied: bool
    ocr_confidence: float | None = Field(None, ge=0, le=1)
    quality_score: float = Field(ge=0, le=1)
    text_coverage: float | None = Field(None, ge=0, le=1)
    # origin
    gitlab_project: str | None = None
    gitlab_branch: str | None = None
    gitlab_commit: str | None = None
    gitlab_url: str | None = None
    gitlab_file_path: str | None = None
    # store
    qdrant_collection: str
    total_chunks: NonNegativeInt
    vector_dimension: NonNegativeInt
    embedding_model: str
    # chunk
    chunk_id: str
    chunk_index: NonNegativeInt
    content: str
    token_count: NonNegativeInt
    chunk_type: ChunkType
    section_title: str | None = None
    section_path: tuple[str, ...] = ()
    page_numbers: tuple[int, ...] = ()
    bounding_boxes: tuple[BoundingBox, ...] = ()
    content_version: str

    @model_validator(mode="after")
    def _expires_after_it_takes_effect(self) -> Payload:
        if self.effective_date and self.expiration_date and self.expiration_date < self.effective_date:
            raise ValueError("expiration_date is before effective_date")
        return self

    def as_json(self) -> dict[str, object]:
        """The stored form: JSON types, absent facts left out."""
        return self.model_dump(mode="json", exclude_none=True)
