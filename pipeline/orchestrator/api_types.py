"""The words in which a run is told to Python callers: its stages, what became of each document, progress, errors.

Plain data without behaviour; `pipeline.orchestrator` and `pipeline.monitoring.monitor` fill it in from the run's files.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from pipeline.errors import ErrorCode


class PipelineStage(Enum):
    """The stages of a run, in order. `gitlab_ingestion` is the listing and fetching of any source, a folder too."""

    INITIALIZATION = "initialization"
    GITLAB_INGESTION = "gitlab_ingestion"
    DOCUMENT_PROCESSING = "document_processing"
    TEXT_CHUNKING = "text_chunking"
    EMBEDDING_GENERATION = "embedding_generation"
    VECTOR_STORAGE = "vector_storage"
    FINALIZATION = "finalization"


class ProcessingStatus(Enum):
    """How far a document is. `skipped`: a file that is no document here, such as one of an unsupported format."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass
class ProcessingResult:
    """What became of one document in a run.

    `processing_time`: seconds of work in this run, over all stages; 0.0 when everything was there already.
    `chunks_generated`, `embeddings_created`, `vectors_stored`: what exists of the document now, whichever run made it.
    `errors`: sanitised messages, each with its error code; nothing here raises.
    """

    document_id: str
    file_path: str
    status: ProcessingStatus
    processing_time: float
    stages_completed: list[PipelineStage]
    chunks_generated: int = 0
    embeddings_created: int = 0
    vectors_stored: int = 0
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass
class PipelineResult:
    """What became of a whole run.

    `total_processing_time`: seconds from begin to end. `stage_timings`: stage -> seconds in which at least one
    document was in it; stages overlap, so they may add up to more than the run. `errors`: sanitised messages, what
    stopped the run last. `failed_documents` counts quarantined documents and those that failed in this run.
    """

    total_documents: int
    processed_successfully: int
    failed_documents: int
    skipped_documents: int
    total_processing_time: float
    total_chunks: int
    total_embeddings: int
    total_vectors_stored: int
    stage_timings: dict[str, float] = field(default_factory=dict)
    document_results: list[ProcessingResult] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    performance_metrics: dict[str, Any] = field(default_factory=dict)


@dataclass
class ProgressReport:
    """Where a run stands at one moment: a copy that does not change under its reader.

    `elapsed_time`, `estimated_remaining`: seconds. `processing_rate`: documents a second, of late.
    `stage_progress`: stage -> share of its documents that are done, 0 to 1.
    """

    current_stage: PipelineStage
    documents_processed: int
    total_documents: int
    current_document: str | None = None
    elapsed_time: float = 0.0
    estimated_remaining: float | None = None  # None: not known yet; a zero would say that the run is over
    processing_rate: float = 0.0
    errors_count: int = 0
    warnings_count: int = 0
    stage_progress: dict[str, float] = field(default_factory=dict)


@dataclass
class ErrorResponse:
    """What an error means for the run and what to do about it; safe to show anywhere.

    `message`: one line without secrets, absolute paths or document text. `retryable`: the next run may succeed as
    things are. `quarantined`: the run continues without the document. `stops_run`: nothing goes on before `remedy` is
    done. `stage` and `document`: where it happened, when the context said so.
    """

    code: ErrorCode
    message: str
    remedy: str
    retryable: bool
    quarantined: bool
    stops_run: bool
    stage: PipelineStage | None = None
    document: str | None = None
