"""What became of a run and of each of its documents, read off the targets and the events: nothing is remembered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from pipeline.datadir import files
from pipeline.orchestrator.api_types import PipelineResult, PipelineStage, ProcessingResult, ProcessingStatus
from pipeline.orchestrator.progress import STAGES
from pipeline.run.current import Run
from pipeline.run.facts import DocumentFacts, read_facts
from pipeline.run.records import Receipt
from pipeline.schema import ChunkedDocument, Document, SkippedFile, Stage, document_id


def document_results(run: Run, documents: Sequence[Document], did: DocumentFacts) -> list[ProcessingResult]:
    """One result per document, in the order given."""
    run.refresh(documents)
    seconds = did.seconds()
    return [_document_result(run, document, sum(seconds.get(document.path, ()), 0.0)) for document in documents]


def pipeline_result(run: Run, commit: str | None, errors: Iterable[str]) -> PipelineResult:
    """The whole run, its documents by path; without a commit, or before its listing, nothing is known of documents."""
    is_listed = commit is not None and files.exists(run.listings.path(commit))
    snapshot = run.snapshot(commit) if commit is not None and is_listed else None
    did = read_facts(run.log.folder)
    ended = did.latest if did.outcome and did.latest else datetime.now(UTC)
    listed = sorted(snapshot.documents, key=lambda document: document.path) if snapshot else []
    results = document_results(run, listed, did)
    skipped = [_skipped(snapshot.project, file) for file in snapshot.skipped] if snapshot else []
    completed = [result for result in results if result.status is ProcessingStatus.COMPLETED]
    failed = [result for result in results if result.status is ProcessingStatus.FAILED]
    made = PipelineResult(
        total_documents=len(results),
        processed_successfully=len(completed),
        failed_documents=len(failed),
        skipped_documents=len(skipped),
        total_processing_time=_seconds(run.log.started, ended),
        total_chunks=sum(result.chunks_generated for result in results),
        total_embeddings=sum(result.embeddings_created for result in results),
        total_vectors_stored=sum(result.vectors_stored for result in results),
        stage_timings=_timings(run.log.started, did, ended),
        document_results=[*results, *skipped],
        errors=[*(f"{result.file_path}: {error}" for result in failed for error in result.errors), *errors],
    )
    made.performance_metrics = _metrics(made, did)
    return made


def _timings(started: datetime, did: DocumentFacts, ended: datetime) -> dict[str, float]:
    """Stage -> seconds in which at least one document was in it; before and after, what comes before and after."""
    found = {STAGES[stage].value: round(done.elapsed_s, 3) for stage, done in did.summaries().items()}
    if did.begun:
        found[PipelineStage.INITIALIZATION.value] = _seconds(started, did.begun.time)
        found[PipelineStage.FINALIZATION.value] = _seconds(did.worked or did.begun.time, ended)
    return {stage.value: found[stage.value] for stage in PipelineStage if stage.value in found}


def _metrics(result: PipelineResult, did: DocumentFacts) -> dict[str, Any]:
    """Rates are of what this run did, so that a run with nothing to do does not look infinitely fast."""
    seconds, paths = result.total_processing_time, did.seconds()
    embedded = did.completed(Stage.EMBED)
    embeddings = sum(each.embeddings_created for each in result.document_results if each.file_path in embedded)
    worked_on = [each.processing_time for each in result.document_results if each.file_path in paths]
    return {
        "documents_per_second": _ratio(len(did.completed(Stage.STORE)), seconds),
        "chunks_per_document": _ratio(result.total_chunks, result.processed_successfully),
        "embeddings_per_second": _ratio(embeddings, seconds),
        "success_rate": _ratio(result.processed_successfully, result.total_documents),
        "average_processing_time": _ratio(sum(worked_on), len(worked_on)),
        "stage_timings": dict(result.stage_timings),
    }


def _document_result(run: Run, document: Document, seconds: float) -> ProcessingResult:
    stages = [stage for stage in Stage if run.is_done(stage, document)]
    failure = run.failure(document)
    result = ProcessingResult(
        document_id=document.document_id,
        file_path=document.path,
        status=ProcessingStatus.PENDING,
        processing_time=round(seconds, 3),
        stages_completed=[STAGES[stage] for stage in stages],
        metadata={"blob_sha": document.blob_sha, "size_bytes": document.size_bytes, "extension": document.extension},
    )
    if Stage.STORE in stages:
        receipt = files.read_model(run.files_of(document).receipt, Receipt)
        result.chunks_generated = result.embeddings_created = result.vectors_stored = receipt.chunk_count
        result.warnings = list(receipt.warnings)
        result.metadata["text_coverage"] = receipt.text_coverage
        result.status = ProcessingStatus.COMPLETED
    elif Stage.CHUNK in stages:
        chunked = files.read_model(run.files_of(document).chunks, ChunkedDocument)
        result.chunks_generated = len(chunked.chunks)
        result.embeddings_created = result.chunks_generated if Stage.EMBED in stages else 0
    if failure:
        result.status = ProcessingStatus.FAILED
        result.errors = [failure.reason]
        result.metadata |= {"error_code": failure.code.value, "quarantined": failure.permanent}
    return result


def _skipped(project: str, file: SkippedFile) -> ProcessingResult:
    return ProcessingResult(
        document_id=document_id(project, file.path),
        file_path=file.path,
        status=ProcessingStatus.SKIPPED,
        processing_time=0.0,
        stages_completed=[],
        warnings=[file.reason],
    )


def _seconds(start: datetime, end: datetime) -> float:
    return round(max(0.0, (end - start).total_seconds()), 3)


def _ratio(amount: float, of: float) -> float:
    return amount / of if of else 0.0
