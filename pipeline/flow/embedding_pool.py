"""Gathers documents that are ready to be embedded into jobs that fill a GPU, and takes such a job's outcome apart."""

from __future__ import annotations

from pipeline.engine import Job, JobOutcome
from pipeline.flow import stage_jobs
from pipeline.run.current import Run
from pipeline.schema import Document

DOCUMENTS = 32  # about 400 chunks, a quarter of a second of an H100


class EmbeddingPool:
    """Documents that wait, and those of the jobs under way."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._waiting: list[Document] = []
        self._under_way: dict[str, list[Document]] = {}

    def add(self, document: Document) -> list[Job]:
        """A job when enough wait."""
        self._waiting.append(document)
        return self.flush() if len(self._waiting) >= DOCUMENTS else []

    def flush(self) -> list[Job]:
        """A job of those that wait, few as they may be."""
        documents, self._waiting = self._waiting, []
        return [self._job(documents)] if documents else []

    def split(self, outcome: JobOutcome) -> tuple[list[JobOutcome], list[Job]]:
        """The documents' own outcomes; or new jobs, one a document, when the job failed as a whole."""
        documents = self._under_way.pop(outcome.key)
        if outcome.error and len(documents) > 1:
            return [], [self._job([document]) for document in documents]
        seconds = outcome.seconds / len(documents)
        return [
            JobOutcome(str(self._run.files_of(document).embeddings), error=error, seconds=seconds)
            for document, error in zip(documents, outcome.result or [outcome.error], strict=True)
        ], []

    def documents(self, key: str) -> list[Document]:
        """Those of a job under way. May be asked from any thread."""
        return self._under_way.get(key, [])

    def __contains__(self, key: str) -> bool:
        return key in self._under_way

    def _job(self, documents: list[Document]) -> Job:
        key = f"pool of {self._run.files_of(documents[0]).embeddings}"
        self._under_way[key] = documents
        return stage_jobs.embed_job(self._run, key, documents)
