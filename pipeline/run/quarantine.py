"""Documents quarantined after a permanent failure: what their failure files decide, and how they are released.

A finished shard and a published collection name the failure files of the documents that they lack. Whoever removes such
a file, by `release` or by hand, thereby reopens all that rested on it: nothing else has to be changed, in any order.
What was purged is quarantined without a file, by the list of purges, and released from that (`pipeline.publish.purge`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipeline.datadir import files
from pipeline.errors import ErrorCode, PipelineError
from pipeline.run.current import Run, read_failure
from pipeline.run.purges import EVIDENCE
from pipeline.run.summary import FailedDocument
from pipeline.schema import Document, Failure, Stage


def evidence(run: Run, documents: Iterable[Document]) -> tuple[str, ...]:
    """The failure files, as `<blob sha>/<name>`, of those documents that are quarantined, or what says of the others
    that they were purged."""
    failures = ((document, run.failure(document)) for document in documents)
    return tuple(_evidence(run, document, failure) for document, failure in failures if failure and failure.permanent)


def _evidence(run: Run, document: Document, failure: Failure) -> str:
    if failure.code is ErrorCode.PURGED:
        return run.purges.evidence(document)
    return f"{document.blob_sha}/{run.files_of(document).failure(failure.stage).name}"


def stands(run: Run, named: Iterable[str]) -> bool:
    """Whether all these failure files are still there and say why. Raises TransientError."""
    parts = (name.partition("/") for name in named)
    return all(
        run.purges.holds(key) if name == EVIDENCE else read_failure(run.data.document(key) / name)
        for key, _, name in parts
    )


def quarantined(run: Run, documents: Iterable[Document]) -> list[FailedDocument]:
    """The quarantined ones of the documents, by path, with the reason."""
    held = (failed for failed in run.failed(documents) if failed.failure.permanent)
    return sorted(held, key=lambda failed: failed.path)


def release(run: Run, paths: Sequence[str] = (), code: ErrorCode | None = None) -> list[FailedDocument]:
    """Let the next run try these documents again (none named: all), or those of them with this code.

    Documents of equal content share a failure, so they are released together; all of them are returned.
    Raises PipelineError (CONFIGURATION), and releases nothing, when a path is not quarantined.
    """
    snapshot = run.listings.latest()
    documents = snapshot.documents if snapshot else ()
    held = [failed for failed in quarantined(run, documents) if failed.failure.code is not ErrorCode.PURGED]
    _refuse_purged(run, documents, paths)
    unknown = sorted(set(paths) - {failed.path for failed in held})
    if unknown:
        raise PipelineError(
            f"not in quarantine: {', '.join(unknown)}; `nic status` lists what is, with its path",
            ErrorCode.CONFIGURATION,
        )
    chosen = {failed.path for failed in held if failed.path in paths or not paths}
    if code is not None:
        chosen &= {failed.path for failed in held if failed.failure.code is code}
    for document in documents:
        if document.path in chosen:
            _forget_failures(run, document)
    run.refresh(())
    still = {failed.path for failed in quarantined(run, documents)}
    return [failed for failed in held if failed.path not in still]


def _refuse_purged(run: Run, documents: Iterable[Document], paths: Sequence[str]) -> None:
    purged = sorted(document.path for document in documents if document.path in paths and run.purges.of(document))
    if purged:
        raise PipelineError(
            f"purged, and not only quarantined: {', '.join(purged)}; `nic purge --release` takes it in again",
            ErrorCode.PURGED,
        )


def _forget_failures(run: Run, document: Document) -> None:
    for stage in Stage:
        files.remove(run.files_of(document).failure(stage))
