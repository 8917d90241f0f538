"""One document from its file to its DoclingDocument and Conversion: choose the way, convert, tidy, write."""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version

from docling.datamodel.base_models import ConversionStatus, DocumentStream
from docling.datamodel.document import ConversionResult
from docling_core.types.doc import DocItemLabel, DoclingDocument

from pipeline.convert import properties
from pipeline.convert.converter import document_converter, load_pipeline
from pipeline.convert.coverage import Coverage, measure, warnings_of
from pipeline.convert.formats import KIND_OF_EXTENSION, PAGED_FORMATS, real_format
from pipeline.convert.image_file import inspect_image
from pipeline.convert.limits import refuse_characters
from pipeline.convert.malloc import return_freed_memory
from pipeline.convert.ocr_inference import is_bf16
from pipeline.convert.ocr_need.unreadable_lines import unreadable_pages
from pipeline.convert.orientation import text_angles, upright_angles
from pipeline.convert.paged import PagedSource
from pipeline.convert.parts import Parts
from pipeline.convert.pdf.continued_tables import unmark_continued_headers
from pipeline.convert.pdf.running_text import keep_first_running_texts
from pipeline.convert.pdf_content.preparation import PreparedPdf, prepare_pdf
from pipeline.convert.pdf_file import inspect_pdf
from pipeline.convert.preparations import PREPARATIONS
from pipeline.convert.prepared import Prepared
from pipeline.convert.quality import ocr_scores, quality_score
from pipeline.convert.readers import READERS
from pipeline.convert.reading import Reading
from pipeline.convert.tidy import tidy
from pipeline.datadir import files
from pipeline.datadir.files import FilePath
from pipeline.errors import ErrorCode, PermanentError
from pipeline.schema import NOT_MEASURED, Conversion
from pipeline.settings.sections import ConversionSettings

COORDINATE_DECIMALS = 2
MAX_WARNINGS = 20
TOO_MANY_CELLS = "cells exceeds the limit of"  # docling-core's words for a table, blank cells included
OUT_OF_MEMORY = ("MemoryError", "bad_alloc", "Unable to allocate")


def convert(
    source: FilePath,
    extension: str,
    document_and_facts: tuple[FilePath, FilePath],
    settings: ConversionSettings,
    pages: Sequence[FilePath],
) -> Conversion:
    """See `pipeline.convert.convert_document`."""
    return_freed_memory()
    document, conversion = extract(files.read_bytes(source), extension, settings, Reading.load(pages))
    document_target, conversion_target = document_and_facts
    files.write_json(conversion_target, conversion)
    files.write_sealed(document_target, _document_bytes(document))
    return conversion


def load(extension: str, settings: ConversionSettings) -> None:
    """See `pipeline.convert.load`. Docling loads the rest when a document turns out to be something else."""
    kind = KIND_OF_EXTENSION.get(extension.lower(), extension.lower())
    if kind not in READERS:
        load_pipeline(kind, settings)


def extract(
    data: bytes, extension: str, settings: ConversionSettings, reading: Reading | None = None
) -> tuple[DoclingDocument, Conversion]:
    """The document in `data`, complete and tidy, and how it was converted. Raises what `convert_document` raises."""
    kind = real_format(data, extension.lower())
    counted = data, kind
    if kind in READERS:
        document, conversion = _without_docling(data, kind, settings)
    elif kind in PAGED_FORMATS:
        document, conversion = _from_pages(PagedSource(data, kind, settings, reading or Reading()))
    else:
        prepared = PREPARATIONS[kind](data, settings)
        document, conversion = _from_docling(prepared, prepared.kind or kind, settings)
        if prepared.modern and prepared.kind:
            counted = prepared.modern, prepared.kind
    refuse_characters(_characters(document), settings)
    tidy(document)
    coverage, failures = _covered(*counted, document)
    notes = [*failures, *conversion.warnings, *warnings_of(coverage, conversion.warnings)]
    if kind != KIND_OF_EXTENSION.get(extension.lower(), extension.lower()):
        notes.insert(0, f"The file is named .{extension} but is {kind.upper()}; it was converted as such.")
    if not _has_text(document):
        notes.append("No text was found in the document.")
    return document, conversion.model_copy(
        update={"warnings": tuple(dict.fromkeys(notes))[:MAX_WARNINGS], **vars(coverage)}
    )


def _covered(data: bytes, kind: str, document: DoclingDocument) -> tuple[Coverage, list[str]]:
    """How much of the file is in the document. A file that misleads the reader that counts is converted nonetheless."""
    try:
        return measure(data, kind, document), []
    except MemoryError:
        raise
    except Exception:
        return Coverage(), [NOT_MEASURED]


def _without_docling(data: bytes, kind: str, settings: ConversionSettings) -> tuple[DoclingDocument, Conversion]:
    built = READERS[kind](data, settings)
    parts = Parts(settings, extract)
    unread = parts.read_pictures(built.document, built.pictures) + parts.attach(built.document, built.attached)
    return built.document, Conversion(
        engine="text",
        versions={"docling-core": version("docling-core")},
        page_count=len(built.document.pages) or None,
        ocr_applied=parts.ocr_applied,
        quality_score=1.0,
        properties=built.found.properties,
        warnings=(*built.found.warnings, *unread),
    )


def read_pages(
    source: FilePath, extension: str, pages: tuple[int, int], target: FilePath, settings: ConversionSettings
) -> None:
    """See `pipeline.convert.read_pages`. Layout and assembly run, too: they cost a hundredth of the OCR."""
    return_freed_memory()
    data = files.read_bytes(source)
    paged = PagedSource(data, real_format(data, extension.lower()), settings)
    _inspect(paged)
    paged, _ = _prepared(paged)
    result = paged.converted(pages, glance=True)
    _raise_if_failed(result, paged.kind)
    angles = upright_angles(result, paged)
    if paged.reading.is_unfinished(angles):
        paged.converted(pages, angles)
    paged.reading.save(target)


def _from_pages(source: PagedSource) -> tuple[DoclingDocument, Conversion]:
    found = _inspect(source)
    source, prepared = _prepared(source)
    result = source.converted(glance=True)
    _raise_if_failed(result, source.kind)
    angles = text_angles(result)
    if source.settings.ocr_engine != "none":
        angles |= upright_angles(result, source)
    if angles or source.reading.is_unfinished(angles):
        result = source.converted(angles=angles)
    unmark_continued_headers(result.document)
    keep_first_running_texts(result.document)
    for line in prepared.lines:
        result.document.add_text(DocItemLabel.TEXT, line)
    parts = Parts(source.settings, extract)
    unread = parts.attach(result.document, prepared.attached)
    warnings = (*found.warnings, *prepared.warnings, *unreadable_pages(result.pages), *unread)
    facts = _facts(result, source.kind, source.settings, properties.Found(found.properties, warnings))
    return result.document, facts.model_copy(update={"ocr_applied": facts.ocr_applied or parts.ocr_applied})


def _prepared(source: PagedSource) -> tuple[PagedSource, PreparedPdf]:
    if source.kind != "pdf":
        return source, PreparedPdf(source.data)
    prepared = prepare_pdf(source.data)
    return replace(source, data=prepared.data), prepared


def _inspect(source: PagedSource) -> properties.Found:
    """What the file itself says. Raises PermanentError when it cannot be opened or is over a limit."""
    if source.kind == "pdf":
        return properties.from_pdf(inspect_pdf(source.data, source.settings).metadata)
    return properties.Found(warnings=tuple(inspect_image(source.data, source.settings)))


def _from_docling(prepared: Prepared, kind: str, settings: ConversionSettings) -> tuple[DoclingDocument, Conversion]:
    # A neutral name keeps the document's bytes, and where relative links would lead, free of the file's own name.
    stream = DocumentStream(name=f"document.{kind}", stream=io.BytesIO(prepared.data))
    result = document_converter(settings).convert(stream, raises_on_error=False)
    _raise_if_failed(result, kind)
    found = prepared.found
    notes = prepared.finish(result.document)
    parts = Parts(settings, extract)
    unread = parts.attach(result.document, prepared.attached)
    warnings = (*found.warnings, *notes, *unread)
    facts = _facts(result, kind, settings, properties.Found(found.properties, warnings))
    return result.document, facts.model_copy(update={"ocr_applied": parts.ocr_applied})


def _facts(result: ConversionResult, kind: str, settings: ConversionSettings, found: properties.Found) -> Conversion:
    paged = kind in PAGED_FORMATS
    scores = ocr_scores(result) if paged else {}
    engine = "docling" if not paged else "docling-models" if settings.artifacts_path else "rules"
    libraries = ["docling", "docling-core", *(["docling-parse"] if kind == "pdf" else [])]
    if scores and settings.ocr_engine == "rapidocr":
        libraries += ["rapidocr", "onnxruntime", *(["openvino"] if is_bf16(settings.ocr_precision) else [])]
    # Docling's own words may quote the document, and warnings are shown to everyone
    failures = [f"Page {error.page_no or '?'} was not read." for error in result.errors]
    return Conversion(
        engine=engine,
        versions={library: version(library) for library in libraries},
        page_count=len(result.document.pages) or None,
        ocr_applied=bool(scores),
        ocr_pages=tuple(sorted(scores)),
        ocr_confidence=round(sum(scores.values()) / len(scores), 4) if scores else None,
        quality_score=quality_score(result) if paged else 1.0,
        properties=found.properties,
        warnings=(*found.warnings, *failures),
    )


def _raise_if_failed(result: ConversionResult, kind: str) -> None:
    messages = [error.error_message for error in result.errors]
    if any(sign in message for message in messages for sign in OUT_OF_MEMORY):
        raise MemoryError("the document does not fit into this process's memory")
    if result.status in (ConversionStatus.SUCCESS, ConversionStatus.PARTIAL_SUCCESS):
        return
    if any(TOO_MANY_CELLS in message for message in messages):
        raise PermanentError(
            "A table of the document has more than a million cells, blank ones included: split it into several.",
            ErrorCode.TOO_LONG,
        )
    if result.status == ConversionStatus.SKIPPED:
        raise PermanentError(f"Documents like this {kind.upper()} file cannot be converted.", ErrorCode.UNSUPPORTED)
    raise PermanentError(
        f"The {kind.upper()} file cannot be converted: open it in its program and save it again.",
        ErrorCode.CORRUPT,
        details="\n".join(messages),
    )


def _characters(document: DoclingDocument) -> int:
    in_tables = sum(len(cell.text) for table in document.tables for cell in table.data.table_cells)
    return in_tables + sum(len(item.text) for item in document.texts)


def _has_text(document: DoclingDocument) -> bool:
    texts = (item.text for item in document.texts)
    cells = (cell.text for table in document.tables for cell in table.data.table_cells)
    return any(not text.isspace() and text for text in itertools.chain(texts, cells))


def _document_bytes(document: DoclingDocument) -> bytes:
    content = document.export_to_dict(coord_precision=COORDINATE_DECIMALS)
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return f"{text}\n".encode("utf-8", "replace")  # broken fonts yield lone surrogates, which UTF-8 cannot hold
