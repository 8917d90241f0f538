"""One document from its file to its DoclingDocument and Conversion: choose the way, convert, tidy, write."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from importlib.metadata import version

from docling.datamodel.base_models import ConversionStatus, DocumentStream
from docling.datamodel.document import ConversionResult
from docling_core.types.doc import DoclingDocument

from pipeline.convert import properties
from pipeline.convert.converter import document_converter
from pipeline.convert.coverage import NOT_MEASURED, Coverage, measure, warnings_of
from pipeline.convert.formats import PAGED_FORMATS, real_format
from pipeline.convert.image_file import inspect_image
from pipeline.convert.limits import refuse_characters
from pipeline.convert.malloc import return_freed_memory
from pipeline.convert.orientation import upright_angles
from pipeline.convert.paged import PagedSource
from pipeline.convert.pdf_file import inspect_pdf
from pipeline.convert.preparations import PREPARATIONS
from pipeline.convert.quality import ocr_scores, quality_score
from pipeline.convert.reading import Reading
from pipeline.convert.text import decode, text_document
from pipeline.convert.tidy import tidy
from pipeline.datadir import files
from pipeline.datadir.files import FilePath
from pipeline.errors import ErrorCode, PermanentError
from pipeline.schema import Conversion
from pipeline.settings.sections import ConversionSettings

COORDINATE_DECIMALS = 2
MAX_WARNINGS = 20
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
    files.write_bytes(document_target, _document_bytes(document))
    return conversion


def extract(
    data: bytes, extension: str, settings: ConversionSettings, reading: Reading | None = None
) -> tuple[DoclingDocument, Conversion]:
    """The document in `data`, complete and tidy, and how it was converted. Raises what `convert_document` raises."""
    kind = real_format(data, extension.lower())
    if kind == "txt":
        document, conversion = _from_text(data, settings)
    elif kind in PAGED_FORMATS:
        document, conversion = _from_pages(PagedSource(data, kind, settings, reading or Reading()))
    else:
        document, conversion = _from_docling(data, kind, settings)
    refuse_characters(_characters(document), settings)
    tidy(document)
    coverage, failures = _covered(data, kind, document)
    notes = [*conversion.warnings, *warnings_of(coverage), *failures]
    if kind != extension.lower().replace("jpeg", "jpg"):
        notes.insert(0, f"The file is named .{extension} but is {kind.upper()}; it was converted as such.")
    if not (document.texts or document.tables):
        notes.append("No text was found in the document.")
    return document, conversion.model_copy(update={"warnings": tuple(notes[:MAX_WARNINGS]), **vars(coverage)})


def _covered(data: bytes, kind: str, document: DoclingDocument) -> tuple[Coverage, list[str]]:
    """How much of the file is in the document. A file that misleads the reader that counts is converted nonetheless."""
    try:
        return measure(data, kind, document), []
    except Exception:
        return Coverage(), [NOT_MEASURED]


def _from_text(data: bytes, settings: ConversionSettings) -> tuple[DoclingDocument, Conversion]:
    text, warnings = decode(data)
    refuse_characters(len(text), settings)
    document = text_document(text)
    return document, Conversion(
        engine="text",
        versions={"docling-core": version("docling-core")},
        ocr_applied=False,
        quality_score=1.0,
        warnings=tuple(warnings),
    )


def read_pages(
    source: FilePath, extension: str, pages: tuple[int, int], target: FilePath, settings: ConversionSettings
) -> None:
    """See `pipeline.convert.read_pages`. Layout and assembly run, too: they cost a hundredth of the OCR."""
    return_freed_memory()
    data = files.read_bytes(source)
    paged = PagedSource(data, real_format(data, extension.lower()), settings)
    _inspect(paged)
    result = paged.converted(pages)
    _raise_if_failed(result, paged.kind)
    upright_angles(result, paged)
    paged.reading.save(target)


def _from_pages(source: PagedSource) -> tuple[DoclingDocument, Conversion]:
    found = _inspect(source)
    result = source.converted()
    _raise_if_failed(result, source.kind)
    if source.settings.ocr_engine != "none" and (angles := upright_angles(result, source)):
        result = source.converted(angles=angles)
    return result.document, _facts(result, source.kind, source.settings, found)


def _inspect(source: PagedSource) -> properties.Found:
    """What the file itself says. Raises PermanentError when it cannot be opened or is over a limit."""
    if source.kind == "pdf":
        return properties.from_pdf(inspect_pdf(source.data, source.settings).metadata)
    inspect_image(source.data, source.settings)
    return properties.Found()


def _from_docling(data: bytes, kind: str, settings: ConversionSettings) -> tuple[DoclingDocument, Conversion]:
    prepared = PREPARATIONS[kind](data, settings)
    # A neutral name keeps the document's bytes, and where relative links would lead, free of the file's own name.
    stream = DocumentStream(name=f"document.{kind}", stream=io.BytesIO(prepared.data))
    result = document_converter(settings).convert(stream, raises_on_error=False)
    _raise_if_failed(result, kind)
    found = prepared.found
    warnings = (*found.warnings, *prepared.finish(result.document))
    return result.document, _facts(result, kind, settings, properties.Found(found.properties, warnings))


def _facts(result: ConversionResult, kind: str, settings: ConversionSettings, found: properties.Found) -> Conversion:
    paged = kind in PAGED_FORMATS
    scores = ocr_scores(result) if paged else {}
    engine = "docling" if not paged else "docling-models" if settings.artifacts_path else "rules"
    libraries = ["docling", "docling-core", *(["docling-parse"] if kind == "pdf" else [])]
    if scores and settings.ocr_engine == "rapidocr":
        libraries += ["rapidocr", "onnxruntime"]
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


def _document_bytes(document: DoclingDocument) -> bytes:
    content = document.export_to_dict(coord_precision=COORDINATE_DECIMALS)
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return f"{text}\n".encode("utf-8", "replace")  # broken fonts yield lone surrogates, which UTF-8 cannot hold
