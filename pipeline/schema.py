"""The data that passes between stages and into Qdrant, as pydantic models: plain, validated, JSON on disk.

`Payload` is NIC Schema v1, flat, one per point; its field names are what readers filter on and do not change.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Literal

import langcodes
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, NonNegativeFloat, NonNegativeInt, model_validator

from pipeline.errors import ErrorCode

NAMESPACE = uuid.UUID("6f0c1d3e-5a0b-5c7e-9d61-3f2b8f1a7c40")  # ids of every stored point depend on it: never change it


def document_id(project: str, path: str) -> str:
    """uuid5 of project and path: the same document keeps its id when its content changes."""
    return str(uuid.uuid5(NAMESPACE, f"{project}\x1f{path}"))


def point_id(document_id: str, chunk_index: int) -> str:
    """uuid5 of document and slot: storing again overwrites in place."""
    return str(uuid.uuid5(NAMESPACE, f"{document_id}\x1f{chunk_index}"))


def _utc(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _bcp47(value: str) -> str:
    if not langcodes.tag_is_valid(value):
        raise ValueError(f"{value!r} is not a BCP 47 language tag")
    return langcodes.standardize_tag(value)


Timestamp = Annotated[datetime, AfterValidator(_utc)]
Language = Annotated[str, AfterValidator(_bcp47)]


class Record(BaseModel):
    """Base of all models: immutable, unknown fields refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Stage(StrEnum):
    """The per-document stages, in order."""

    FETCH = "fetch"
    CONVERT = "convert"
    CHUNK = "chunk"
    EMBED = "embed"
    STORE = "store"


class Document(Record):
    """One approved document of a snapshot: which file, which content, and what the source knows about it."""

    document_id: str
    path: str = Field(description="from the root, so it begins with the target folder")
    blob_sha: str = Field(description="git object hash of the content (SHA-1, 40 hex digits)")
    size_bytes: NonNegativeInt
    extension: str = Field(description="lower case, without the dot, e.g. pdf")
    created_date: Timestamp | None = None
    modified_date: Timestamp | None = None
    author: str | None = None
    commit: str | None = Field(None, description="last commit that touched the path")
    url: str | None = None


class SkippedFile(Record):
    path: str
    reason: str


class Snapshot(Record):
    """The complete listing of the folder at one commit. Documents are sorted by path."""

    commit: str = Field(description="commit SHA, or the digest of the listing when there is no commit")
    source: str = Field(description="folder or gitlab")
    project: str = Field(description="what document ids are made of, with the path")
    branch: str | None = None
    folder: str
    documents: tuple[Document, ...]
    skipped: tuple[SkippedFile, ...] = ()


class Properties(Record):
    """What a document says about itself: front matter of Markdown, properties of DOCX, PPTX, XLSX, PDF, HTML meta."""

    title: str | None = None
    description: str | None = None
    author: str | None = None
    reviewer: str | None = None
    approver: str | None = None
    department: str | None = None
    created_date: Timestamp | None = None
    modified_date: Timestamp | None = None
    approved_date: Timestamp | None = None
    effective_date: Timestamp | None = None
    expiration_date: Timestamp | None = None
    tags: tuple[str, ...] = ()
    version: str | None = None
    language: str | None = None


class Conversion(Record):
    """How a document was converted; written beside the DoclingDocument, before it."""

    engine: str = Field(description="rules, docling-models, docling (office and markup) or text")
    versions: dict[str, str] = Field(description="library -> version")
    page_count: int | None = Field(None, description="None where the format has no pages")
    ocr_applied: bool
    ocr_pages: tuple[int, ...] = ()
    ocr_confidence: float | None = Field(None, ge=0, le=1, description="mean OCR score of the pages read by OCR")
    quality_score: float = Field(ge=0, le=1, description="mean confidence of layout and OCR; 1 for text formats")
    properties: Properties = Properties()
    warnings: tuple[str, ...] = ()
    timings_s: dict[str, float] = Field(default_factory=dict, description="step -> seconds")


class ChunkType(StrEnum):
    TEXT = "text"
    TABLE = "table"
    LIST = "list"
    CODE = "code"
    PICTURE_CAPTION = "picture_caption"


class BoundingBox(Record):
    """Where a chunk stands on a page: points (1/72 inch; pixels for images), origin top left."""

    page: int
    left: float
    top: float
    right: float
    bottom: float


class Chunk(Record):
    index: NonNegativeInt
    text: str = Field(min_length=1, description="what is stored and shown")
    chunk_type: ChunkType = ChunkType.TEXT
    headings: tuple[str, ...] = Field((), description="section path, outermost first")
    page_numbers: tuple[int, ...] = ()
    bounding_boxes: tuple[BoundingBox, ...] = ()
    token_count: NonNegativeInt = Field(description="of embedded_text, by the embedding model's tokenizer")

    @property
    def embedded_text(self) -> str:
        """What the model sees: the section path gives a chunk its context."""
        return "\n".join((*self.headings, self.text))


class ChunkedDocument(Record):
    """Content of chunks-<fingerprint>.json."""

    chunks: tuple[Chunk, ...]
    language: Language
    title: str | None = Field(None, description="the document's own title, if it has one")
    section_count: NonNegativeInt
    total_tokens: NonNegativeInt


class Failure(Record):
    """Why a stage gave no result for a document; content of failure-<fingerprint>.json."""

    stage: Stage
    code: ErrorCode
    message: str
    permanent: bool
    run_id: str = Field(description="a transient failure counts only for this run")
    time: Timestamp
    versions: dict[str, str] = Field(default_factory=dict)


class Receipt(Record):
    """What was stored for a document."""

    document_id: str
    path: str
    content_version: str
    collection: str
    chunk_count: NonNegativeInt
    warnings: tuple[str, ...] = ()


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
    document_type: Literal["policy", "procedure", "guideline", "manual", "report", "presentation", "form", "other"]
    category: str | None = None
    subcategory: str | None = None
    tags: tuple[str, ...] = ()
    status: Literal["draft", "approved", "archived", "deprecated"] = "approved"
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
    language: Language
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


class StoredVersion(Record):
    """What a document must look like in the collection: points 0 … chunk_count - 1, all of this content version."""

    content_version: str
    chunk_count: NonNegativeInt
    warnings: tuple[str, ...] = ()


class ShardManifest(Record):
    """Content of a shard's target: `digest` names what it must hold, `documents` what it does hold."""

    digest: str
    run_id: str | None = Field(None, description="set while documents failed in that run: complete for that run only")
    documents: dict[str, StoredVersion] = Field(
        description="document id -> what is stored; quarantined ones are absent"
    )


class Published(Record):
    """What the alias points at: written last, when the collection was proven equal to the snapshot."""

    commit: str
    collection: str
    fingerprint: str = Field(description="of all settings that decide the collection's content")
    points: NonNegativeInt
    documents: dict[str, StoredVersion] = Field(description="by document id")


class StageSummary(Record):
    """Work of one stage in one run. `work_s` adds up the documents' own seconds, over all processes."""

    documents: NonNegativeInt = 0
    failed: NonNegativeInt = 0
    elapsed_s: NonNegativeFloat = 0.0
    work_s: NonNegativeFloat = 0.0


class FailedDocument(Record):
    path: str
    failure: Failure


class Summary(Record):
    """What a run did; content of runs/<run id>/summary.json."""

    run_id: str
    outcome: Literal["finished", "incomplete"]
    commit: str
    collection: str
    alias: str
    embedding_model: str
    pipeline_version: str
    config_hash: str
    started: Timestamp
    seconds: NonNegativeFloat
    total: NonNegativeInt
    new: NonNegativeInt
    changed: NonNegativeInt
    unchanged: NonNegativeInt
    removed: NonNegativeInt
    quarantined: tuple[FailedDocument, ...] = ()
    failed: tuple[FailedDocument, ...] = ()
    skipped: tuple[SkippedFile, ...] = ()
    points: NonNegativeInt
    stages: dict[Stage, StageSummary]
    warnings: dict[str, NonNegativeInt] = Field(description="warning -> documents that have it")
