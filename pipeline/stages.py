"""Runs one stage for a batch of documents: skips what is done, maps the rest over the engine, records each outcome."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed

from pipeline import index
from pipeline.engine import InlineEngine, Job, Outcome
from pipeline.progress import StageProgress
from pipeline.run import Run
from pipeline.schema import Document, Stage

Report = Callable[[int, int], None]
_CONCURRENT_FETCHES = 8


def run_batch(stage: Stage, commit: str, documents: list[Document], run: Run, report: Report) -> list[str]:
    """Bring every document past `stage`, or record why not; returns a line per document that failed.

    Documents of equal content and format share their target, so they are one job. Long documents go first, so that
    no process waits for one at the end. Raises what stops everything (disk full, source or store unreachable).
    """
    jobs: dict[str, list[Document]] = defaultdict(list)
    for document in sorted(documents, key=lambda document: -document.size_bytes):
        if not run.is_settled(stage, document):
            jobs[str(run.target(stage, document))].append(document)
    failed: list[str] = []
    with StageProgress(stage, len(jobs)) as progress:
        for outcome in _outcomes(stage, commit, {key: group[0] for key, group in jobs.items()}, run):
            failed += _record(stage, jobs[outcome.key], outcome, run)
            progress.advance()
            report(progress.done, progress.total)
    if progress.total:
        run.log.batch(stage, progress.elapsed_s)
    return failed


def _record(stage: Stage, documents: list[Document], outcome: Outcome, run: Run) -> list[str]:
    failure = run.record_failure(stage, documents[0], outcome.error) if outcome.error else None
    for document in documents:
        run.log.document(stage, document.path, outcome.seconds, failure)
    return [f"{document.path} ({failure.code})" for document in documents] if failure else []


def _outcomes(stage: Stage, commit: str, documents: dict[str, Document], run: Run) -> Iterator[Outcome]:
    if stage is Stage.FETCH:
        return _fetch(documents, run)
    if stage is Stage.STORE:
        return _store(commit, documents, run)
    return run.engine.map([_job(stage, key, document, run) for key, document in documents.items()])


def _fetch(documents: dict[str, Document], run: Run) -> Iterator[Outcome]:
    with ThreadPoolExecutor(_CONCURRENT_FETCHES) as threads:
        futures = {
            threads.submit(run.source.fetch, document, run.target(Stage.FETCH, document)): key
            for key, document in documents.items()
        }
        for future in as_completed(futures):
            error = future.exception()
            if error is not None and not isinstance(error, Exception):
                raise error
            yield Outcome(futures[future], error=error)


def _store(commit: str, documents: dict[str, Document], run: Run) -> Iterator[Outcome]:
    """In this process, which holds the connection: local mode admits no other."""
    if documents:
        store = index.open_collection(run)
        jobs = [Job(key, index.store_document, (run, store, commit, document)) for key, document in documents.items()]
        yield from InlineEngine().map(jobs)


def _job(stage: Stage, key: str, document: Document, run: Run) -> Job:
    """The stage function and its plain arguments; modules are imported here, where work begins."""
    settings = run.settings
    target = run.target(stage, document)
    before = run.target(list(Stage)[list(Stage).index(stage) - 1], document)
    models = run.data.models
    if stage is Stage.CONVERT:
        from pipeline.convert import convert_document

        arguments = (before, document.extension, target, run.conversion_path(document), settings.conversion)
        return Job(key, convert_document, arguments)
    if stage is Stage.CHUNK:
        from pipeline.chunk import chunk_document

        conversion = run.conversion_path(document)
        return Job(key, chunk_document, (before, conversion, target, settings.chunking, settings.embedding, models))
    from pipeline.embed import embed_document

    return Job(key, embed_document, (before, target, settings.embedding, models))
