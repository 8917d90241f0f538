"""The Python API, in the words of the specification; nobody else uses them."""

from pipeline.orchestrator.api_types import (
    ErrorResponse,
    PipelineResult,
    PipelineStage,
    ProcessingResult,
    ProcessingStatus,
    ProgressReport,
)
from pipeline.orchestrator.orchestrator import PipelineOrchestrator, create_pipeline_orchestrator

__all__ = [
    "ErrorResponse",
    "PipelineOrchestrator",
    "PipelineResult",
    "PipelineStage",
    "ProcessingResult",
    "ProcessingStatus",
    "ProgressReport",
    "create_pipeline_orchestrator",
]
