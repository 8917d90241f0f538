"""A run's state in the words of the Python API."""

from __future__ import annotations

from pipeline.monitoring.view import View
from pipeline.orchestrator.api_types import PipelineStage, ProgressReport
from pipeline.schema import Stage

STAGES = {
    Stage.FETCH: PipelineStage.GITLAB_INGESTION,
    Stage.CONVERT: PipelineStage.DOCUMENT_PROCESSING,
    Stage.CHUNK: PipelineStage.TEXT_CHUNKING,
    Stage.EMBED: PipelineStage.EMBEDDING_GENERATION,
    Stage.STORE: PipelineStage.VECTOR_STORAGE,
}


def in_python_words(view: View) -> ProgressReport:
    """The same in the words of the Python API.

    Documents that this run need not touch count as processed; `stage_progress` is about those that it works on.
    """
    unfinished = [stage for stage in Stage if stage in view.stages and view.stages[stage].share < 1]
    if view.started is None:
        current = PipelineStage.INITIALIZATION
    else:
        is_over = view.is_publishing or not unfinished
        current = PipelineStage.FINALIZATION if is_over else STAGES[unfinished[0]]
    paths = [path for stage in reversed(Stage) for path in view.current.get(stage, ())]
    return ProgressReport(
        current_stage=current,
        documents_processed=view.documents - view.to_do + view.done,
        total_documents=view.documents,
        current_document=paths[0] if paths else None,
        elapsed_time=view.elapsed_s,
        estimated_remaining=view.eta_s,
        processing_rate=view.stages[Stage.STORE].rate_per_s if view.stages else 0.0,
        errors_count=view.failed,
        warnings_count=view.warnings,
        stage_progress={STAGES[stage].value: found.share for stage, found in view.stages.items()},
    )
