"""The data that passes between stages, as pydantic models: plain, validated, JSON on disk."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import langcodes
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, NonNegativeInt

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
        raise ValueError("not a BCP 47 language tag")
    return langcodes.standardize_tag(value)


def _storable(value: str) -> str:
    """JSON and databases hold no half of a pair of UTF-16, which names and titles of damaged origin have."""
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


StorableText = Annotated[str, AfterValidator(_storable)]
Timestamp = Annotated[datetime, AfterValidator(_utc)]
LanguageTag = Annotated[str, AfterValidator(_bcp47)]


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


class Method(StrEnum):
    """How a question finds chunks: by meaning, by words, or by both."""

    HYBRID = "hybrid"
    DENSE = "dense"
    SPARSE = "sparse"


class Document(Record):
    """One approved document of a snapshot: which file, which content, and what the source knows about it."""

    document_id: str
    path: str = Field(description="from the root, so it begins with the target folder")
    blob_sha: str = Field(description="git object hash of the content (SHA-1, 40 hex digits)")
    size_bytes: NonNegativeInt
    extension: str = Field(description="lower case, without the dot, e.g. pdf")
    created_date: Timestamp | None = None
    modified_date: Timestamp | None = None
    author: StorableText | None = None
    commit: str | None = Field(None, description="last commit that touched the path")
    url: str | None = None
    warnings: tuple[str, ...] = Field((), description="what the source could not find out; decides nothing")


class SkippedFile(Record):
    """A file of the folder that is no document, and why."""

    path: str
    reason: str


class Snapshot(Record):
    """The complete listing of the folder at one commit. Documents are sorted by path, in a very long listing
    (`pipeline.run.listings`) part by part."""

    commit: str = Field(description="commit SHA, or the digest of the listing when there is no commit")
    source: str = Field(description="folder or gitlab")
    project: str = Field(description="what document ids are made of, with the path")
    branch: str | None = None
    folder: str
    documents: Annotated[Sequence[Document], AfterValidator(tuple)]
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


class Gap(Record):
    """Words of one kind that a document's file holds and its extracted text does not."""

    kind: str = Field(description="what the words are part of, e.g. footnote, header, text_box")
    words: NonNegativeInt
    places: tuple[str, ...] = Field(
        (), description="where, e.g. `page 4` or `sheet Taxas, B12`, at most 20; never text"
    )


NOT_MEASURED = "The text coverage could not be measured."
"""The warning of a document whose words nothing could count."""


class Conversion(Record):
    """How a document was converted; written beside the DoclingDocument, before it."""

    engine: str = Field(description="rules, docling-models, docling (office and markup) or text (read without Docling)")
    versions: dict[str, str] = Field(description="library -> version")
    page_count: int | None = Field(None, description="None where the format has no pages")
    ocr_applied: bool
    ocr_pages: tuple[int, ...] = ()
    ocr_confidence: float | None = Field(None, ge=0, le=1, description="mean OCR score of the pages read by OCR")
    quality_score: float = Field(ge=0, le=1, description="mean confidence of layout and OCR; 1 for text formats")
    properties: Properties = Properties()
    warnings: tuple[str, ...] = ()
    text_coverage: float | None = Field(
        None, ge=0, le=1, description="share of the file's words that the text holds; None: nothing could count them"
    )
    missing: tuple[Gap, ...] = Field((), description="words that should be in the text and are not, by kind")
    left_out: tuple[Gap, ...] = Field((), description="words left out on purpose, by kind")

    @property
    def has_places(self) -> bool:
        """Whether items have places on pages, in points or pixels; slides and sheets measure in other units."""
        return self.engine in ("rules", "docling-models")


class ChunkType(StrEnum):
    """The kind of content that a chunk holds."""

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
    """A passage of a document, as it is embedded and stored."""

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
    language: LanguageTag
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
    versions: dict[str, str] = Field(default_factory=dict, description="libraries that the stage relies on -> version")

    @property
    def reason(self) -> str:
        """For people: what happened and its code."""
        return f"{self.message} ({self.code})"
