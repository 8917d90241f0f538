"""The passages of a PDF outside its pages' text: form values, annotations, attached files, XFA forms."""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Callable, Iterator, Mapping

import pypdfium2
import pypdfium2.raw as pdfium

from pipeline.convert.coverage.drawings import ReadFile
from pipeline.convert.coverage.package import parsed
from pipeline.convert.coverage.passages import LeftOut, Passage, PassageKind, moved_into
from pipeline.convert.coverage.pdf_pages import page_passages

REVIEW = {
    *(pdfium.FPDF_ANNOT_TEXT, pdfium.FPDF_ANNOT_HIGHLIGHT, pdfium.FPDF_ANNOT_UNDERLINE, pdfium.FPDF_ANNOT_STRIKEOUT),
    *(pdfium.FPDF_ANNOT_SQUIGGLY, pdfium.FPDF_ANNOT_POPUP, pdfium.FPDF_ANNOT_CARET, pdfium.FPDF_ANNOT_INK),
    *(pdfium.FPDF_ANNOT_SQUARE, pdfium.FPDF_ANNOT_CIRCLE, pdfium.FPDF_ANNOT_LINE),
}
WRITTEN = {pdfium.FPDF_ANNOT_FREETEXT, pdfium.FPDF_ANNOT_STAMP}
TYPED = {pdfium.FPDF_FORMFIELD_TEXTFIELD, pdfium.FPDF_FORMFIELD_COMBOBOX, pdfium.FPDF_FORMFIELD_LISTBOX}
HIDDEN = pdfium.FPDF_ANNOT_FLAG_HIDDEN | pdfium.FPDF_ANNOT_FLAG_NOVIEW
VALUES_OF_XFA = "datasets"
MAX_ANNOTATIONS = 10_000  # a page


def pdf_passages(data: bytes, read_file: ReadFile, words_read: Mapping[int, int]) -> Iterator[Passage]:
    with pypdfium2.PdfDocument(data) as document:
        document.init_forms()
        yield from page_passages(document, data, words_read)
        for index in range(len(document)):
            with contextlib.suppress(pypdfium2.PdfiumError):
                yield from _annotations(document, index)
        yield from _xfa(document)
        yield from _attachments(document, read_file)


def _annotations(document: pypdfium2.PdfDocument, index: int) -> Iterator[Passage]:
    with contextlib.closing(document[index]) as page:
        seen: set[str] = set()
        for number in range(min(pdfium.FPDFPage_GetAnnotCount(page), MAX_ANNOTATIONS)):
            annotation = pdfium.FPDFPage_GetAnnot(page, number)
            if annotation:
                yield from _annotation(document, annotation, f"page {index + 1}", seen)
                pdfium.FPDFPage_CloseAnnot(annotation)


def _annotation(
    document: pypdfium2.PdfDocument, annotation: pdfium.FPDF_ANNOTATION, place: str, seen: set[str]
) -> Iterator[Passage]:
    kind = pdfium.FPDFAnnot_GetSubtype(annotation)
    if kind == pdfium.FPDF_ANNOT_WIDGET and document.formenv:
        if pdfium.FPDFAnnot_GetFormFieldType(document.formenv, annotation) in TYPED:
            name, value = _field(document, annotation, pdfium.FPDFAnnot_GetFormFieldName), ""
            if name not in seen:  # a field may stand in several places
                value = _field(document, annotation, pdfium.FPDFAnnot_GetFormFieldValue)
            seen.add(name)
            yield Passage(PassageKind.FORM_VALUE, f"{place}, form", value)
    elif kind in WRITTEN and not pdfium.FPDFAnnot_GetFlags(annotation) & HIDDEN:
        yield Passage(PassageKind.ANNOTATION, f"{place}, annotation", _contents(annotation))
    elif kind in REVIEW:
        yield Passage(PassageKind.COMMENT, f"{place}, comment", _contents(annotation), LeftOut.COMMENT)


def _contents(annotation: pdfium.FPDF_ANNOTATION) -> str:
    return _utf16(lambda buffer, size: pdfium.FPDFAnnot_GetStringValue(annotation, b"Contents", buffer, size))


def _field(
    document: pypdfium2.PdfDocument, annotation: pdfium.FPDF_ANNOTATION, asked: Callable[..., int]
) -> str:
    return _utf16(lambda buffer, size: asked(document.formenv, annotation, buffer, size))


def _utf16(call: Callable[[object, int], int]) -> str:
    """A string that pdfium writes into a buffer, of which it first says how long it must be, in bytes."""
    size = call(None, 0)
    buffer = ctypes.create_string_buffer(max(2, size))
    call(ctypes.cast(buffer, ctypes.POINTER(pdfium.FPDF_WCHAR)), size)
    return buffer.raw[: max(0, size - 2)].decode("utf-16-le", "replace")


def _xfa(document: pypdfium2.PdfDocument) -> Iterator[Passage]:
    for index in range(max(0, pdfium.FPDF_GetXFAPacketCount(document))):
        name = ctypes.create_string_buffer(64)
        pdfium.FPDF_GetXFAPacketName(document, index, name, len(name))
        if name.value.decode("latin-1") == VALUES_OF_XFA:
            size = ctypes.c_ulong()
            pdfium.FPDF_GetXFAPacketContent(document, index, None, 0, size)
            content = ctypes.create_string_buffer(max(1, size.value))
            pdfium.FPDF_GetXFAPacketContent(document, index, content, size.value, size)
            for number, value in enumerate(parsed(content.raw[: size.value]).itertext(), 1):
                yield Passage(PassageKind.FORM_VALUE, f"XFA form, value {number}", value)


def _attachments(document: pypdfium2.PdfDocument, read_file: ReadFile) -> Iterator[Passage]:
    for index in range(document.count_attachments()):
        place = f"attachment {index + 1}"
        none = [Passage.uncounted(PassageKind.ATTACHMENT, place)]
        try:
            attachment = document.get_attachment(index)
            found = read_file(bytes(attachment.get_data()), attachment.get_name().rpartition(".")[2].lower())
        except pypdfium2.PdfiumError:
            found = None
        yield from none if found is None else moved_into(found, PassageKind.ATTACHMENT, place)
