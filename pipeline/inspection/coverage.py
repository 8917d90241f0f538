"""What the documents' texts lack of their files, as the conversions found; of one document the lost passages too."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from pydantic import NonNegativeInt

from pipeline.datadir import files
from pipeline.errors import ErrorCode, PipelineError
from pipeline.flow import whole_source
from pipeline.run.current import Run
from pipeline.run.findings import Collected, findings_of
from pipeline.schema import Conversion, Document, Gap, Record, Stage


class DocumentCoverage(Record):
    """How complete the text of one document is."""

    path: str
    text_coverage: float | None
    missing: tuple[Gap, ...]
    left_out: tuple[Gap, ...]


class CoverageReport(Record):
    """What `nic coverage` shows: the documents that were asked for, or all of which text is missing; worst first."""

    converted: NonNegativeInt
    not_converted: tuple[str, ...] = ()
    lacking_text: NonNegativeInt
    lowest: float
    missing: dict[str, NonNegativeInt]
    left_out: dict[str, NonNegativeInt]
    documents: tuple[DocumentCoverage, ...]


class LostPassage(Record):
    """A passage of a file that its extracted text lacks. For a terminal alone: it is written to no file."""

    kind: str
    place: str
    text: str
    left_out: bool


def coverage(run: Run, paths: Sequence[str] = ()) -> CoverageReport:
    """Of the last snapshot's documents, or of those that are named. What is not converted is listed by path.

    Raises PipelineError for a path that is none.
    """
    documents = _chosen(run, paths)
    converted = [document for document in documents if run.is_done(Stage.CONVERT, document)]
    found, shown = Collected(), []
    for document in converted:
        conversion = files.read_model(run.files_of(document).conversion, Conversion)
        findings = findings_of(conversion)
        found.add(document.path, findings)
        if paths or findings.gaps or conversion.text_coverage is None:
            shown.append(_document_coverage(document, conversion))
    whole = found.text_coverage
    return CoverageReport(
        converted=len(converted),
        not_converted=tuple(sorted(d.path for d in documents if not run.is_done(Stage.CONVERT, d))),
        lacking_text=whole.documents,
        lowest=whole.lowest,
        missing=whole.missing,
        left_out=whole.left_out,
        documents=tuple(sorted(shown, key=_completeness)),
    )


def lost_passages(run: Run, path: str) -> Iterator[LostPassage]:
    """The passages themselves, computed anew from the document's file. Raises what `coverage` raises."""
    from docling_core.types.doc import DoclingDocument

    from pipeline.convert.coverage import lost_passages as find
    from pipeline.convert.formats import real_format
    from pipeline.convert.preparations import countable

    (document,) = _chosen(run, [path])
    its = run.files_of(document)
    whole_source.check(its.source, document.blob_sha)
    data = files.read_bytes(its.source)
    converted = files.read_model(its.converted, DoclingDocument)
    counted = countable(data, real_format(data, document.extension))
    for passage in find(*counted, converted):
        yield LostPassage(kind=passage.kind, place=passage.place, text=passage.text, left_out=bool(passage.left_out))


def _chosen(run: Run, paths: Sequence[str]) -> Sequence[Document]:
    snapshot = run.listings.latest()
    documents = snapshot.documents if snapshot else ()
    if not paths:
        return documents
    known = {_composed(document.path): document for document in documents} | {d.path: d for d in documents}
    named = {path: known.get(path) or known.get(_composed(path)) for path in paths}
    if unknown := [path for path, document in named.items() if document is None]:
        raise PipelineError(
            f"not in the last snapshot: {', '.join(unknown)}; documents are named by their path, as in `nic status`",
            ErrorCode.CONFIGURATION,
        )
    return [document for document in named.values() if document]


def _composed(path: str) -> str:
    """As people type it; the path itself is as the source spells it."""
    return unicodedata.normalize("NFC", path)


def _completeness(document: DocumentCoverage) -> tuple[float, str]:
    """What was not measured comes first: all of it may be missing."""
    return -1 if document.text_coverage is None else document.text_coverage, document.path


def _document_coverage(document: Document, conversion: Conversion) -> DocumentCoverage:
    return DocumentCoverage(
        path=document.path,
        text_coverage=conversion.text_coverage,
        missing=conversion.missing,
        left_out=conversion.left_out,
    )
