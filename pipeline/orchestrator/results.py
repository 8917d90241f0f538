"""What became of a run and of each of its documents, read off the targets and the events: nothing is remembered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from pipeline.datadir import files
from pipeline.orchestrator.api_types import PipelineResult, PipelineStage, ProcessingResult, ProcessingStatus
from pipeline.orchestrator.progress import STAGES
from pipeline.run.current import Run
from pipeline.run.events import Begun, DocumentEnded, Ended, read_events
from pipeline.run.records import Receipt
from pipeline.schema import ChunkedDocument, Document, SkippedFile, Stage, document_id


class DocumentTimes:
    """What a run did, from one reading of its events: seconds by document, what was embedded and stored, and when."""

    def __init__(self, run: Run) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.done: dict[Stage, set[str]] = defaultdict(set)
        self.started = run.log.started
        self.ended = datetime.now(UTC)
        self._spans: list[datetime] = []  # begin of the work, end of the work
        for event in read_events(run.log.folder):
            if isinstance(event, DocumentEnded):
                self._add(event)
            elif isinstance(event, Begun):
                self._spans = [event.time]
            elif isinstance(event, Ended):
                self.ended = event.time

    def _add(self, event: DocumentEnded) -> None:
        self.seconds[event.path] += event.seconds
        if event.code is None:
            self.done[event.stage].add(event.path)
        self._spans[1:] = [event.time]

    def timings(self, run: Run) -> dict[str, float]:
        """Stage -> seconds in which at least one document was in it; before and after, what comes before and after."""
        found = {STAGES[stage].value: round(done.elapsed_s, 3) for stage, done in run.log.stages().items()}
        if self._spans:
            found[PipelineStage.INITIALIZATION.value] = _seconds(self.started, self._spans[0])
            found[PipelineStage.FINALIZATION.value] = _seconds(self._spans[-1], self.ended)
        return {stage.value: found[stage.value] for stage in PipelineStage if stage.value in found}


def document_results(run: Run, documents: Sequence[Document], work: DocumentTimes) -> list[ProcessingResult]:
    """One result per document, in the order given."""
    run.refresh(documents)
    return [_document_result(run, document, work.seconds.get(document.path, 0.0)) for document in documents]


def pipeline_result(run: Run, commit: str | None, errors: Iterable[str]) -> PipelineResult:
    """The whole run; without a commit, or before its listing, nothing is known of documents."""
    listed = commit is not None and files.exists(run.snapshot_path(commit))
    snapshot = run.snapshot(commit) if commit is not None and listed else None
    work = DocumentTimes(run)
    results = document_results(run, snapshot.documents, work) if snapshot else []
    skipped = [_skipped(snapshot.project, file) for file in snapshot.skipped] if snapshot else []
    completed = [result for result in results if result.status is ProcessingStatus.COMPLETED]
    failed = [result for result in results if result.status is ProcessingStatus.FAILED]
    made = PipelineResult(
        total_documents=len(results),
        processed_successfully=len(completed),
        failed_documents=len(failed),
        skipped_documents=len(skipped),
        total_processing_time=_seconds(work.started, work.ended),
        total_chunks=sum(result.chunks_generated for result in results),
        total_embeddings=sum(result.embeddings_created for result in results),
        total_vectors_stored=sum(result.vectors_stored for result in results),
        stage_timings=work.timings(run),
        document_results=[*results, *skipped],
        errors=[*(f"{result.file_path}: {error}" for result in failed for error in result.errors), *errors],
    )
    made.performance_metrics = _metrics(made, work)
    return made


def _metrics(result: PipelineResult, work: DocumentTimes) -> dict[str, Any]:
    """Rates are of what this run did, so that a run with nothing to do does not look infinitely fast."""
    seconds = result.total_processing_time
    embedded = sum(
        each.embeddings_created for each in result.document_results if each.file_path in work.done[Stage.EMBED]
    )
    worked_on = [each.processing_time for each in result.document_results if each.file_path in work.seconds]
    return {
        "documents_per_second": _ratio(len(work.done[Stage.STORE]), seconds),
        "chunks_per_document": _ratio(result.total_chunks, result.processed_successfully),
        "embeddings_per_second": _ratio(embedded, seconds),
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
        result.metadata["text_coverage"] = receipt.gaps.text_coverage if receipt.gaps else 1.0
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
