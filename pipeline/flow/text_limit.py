"""`[quality] min_text_coverage`: a document of which too much text is missing is quarantined.

It is judged by the facts that its conversion left, so that under another limit nothing is converted again, and what was
stored under a lower one is judged anew. Its failure is one of converting, named after the limits like every other.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping

from pipeline.datadir import files
from pipeline.errors import DamagedFileError, ErrorCode, PermanentError
from pipeline.run.current import Run
from pipeline.run.findings import Collected, findings_of
from pipeline.run.findings_lines import share
from pipeline.run.records import StoredVersion
from pipeline.schema import Conversion, Document, Stage


def refusal(run: Run, conversion: Conversion) -> PermanentError | None:
    """Why a document that was converted like this is not stored; None when enough of its text is there.

    One whose words nothing could count is stored, with a warning: that it lacks anything is not known.
    """
    least = run.settings.quality.min_text_coverage
    if conversion.text_coverage is None or conversion.text_coverage >= least:
        return None
    return PermanentError(
        f"Only {share(conversion.text_coverage)} of the document's words were extracted, less than "
        f"[quality] min_text_coverage = {least:g}: `nic coverage` shows what is missing.",
        ErrorCode.INCOMPLETE_TEXT,
    )


def to_refuse(run: Run, documents: Iterable[Document]) -> Iterator[tuple[Document, PermanentError, Conversion]]:
    """The documents, stored ones too, that were converted under a lower limit and lack too much for the present one."""
    if not run.settings.quality.min_text_coverage:
        return
    for document in documents:
        if not run.is_done(Stage.CONVERT, document) or run.failure(document, Stage.CONVERT):
            continue
        conversion = _conversion(run, document)
        if conversion and (error := refusal(run, conversion)):
            yield document, error, conversion


def refuse_converted(run: Run, documents: Iterable[Document]) -> None:
    """Quarantine those that are `to_refuse`."""
    for document, error, conversion in to_refuse(run, documents):
        failure = run.record_failure(Stage.CONVERT, document, error)
        run.log.document(Stage.CONVERT, document.path, 0.0, failure, findings_of(conversion))


def collect_findings(
    run: Run, documents: Iterable[Document], stored: Mapping[str, StoredVersion], most: int | None = None
) -> Collected:
    """What was found about the documents that are stored, by id, and about those that are refused for it."""
    found = Collected(most)
    for document in documents:
        collect(run, found, document, stored.get(document.document_id))
    return found


def collect(run: Run, found: Collected, document: Document, version: StoredVersion | None) -> None:
    """Take in what was found about one document; `version` is what is stored of it, if anything is."""
    if version:
        found.add(document.path, version)
    elif _is_refused(run, document) and (conversion := _conversion(run, document)):
        found.add(document.path, findings_of(conversion))


def _conversion(run: Run, document: Document) -> Conversion | None:
    """None for a file that is damaged: whoever needs it has it made again."""
    with contextlib.suppress(FileNotFoundError, DamagedFileError):
        return files.read_model(run.files_of(document).conversion, Conversion)
    return None


def _is_refused(run: Run, document: Document) -> bool:
    failure = run.failure(document)
    return failure is not None and failure.code is ErrorCode.INCOMPLETE_TEXT and run.is_done(Stage.CONVERT, document)
