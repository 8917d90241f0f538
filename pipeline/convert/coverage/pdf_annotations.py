"""Form values and annotations of a PDF page."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator

import pypdfium2
import pypdfium2.raw as pdfium

from pipeline.convert.coverage.passages import LeftOut, Passage, PassageKind

REVIEW = {
    *(pdfium.FPDF_ANNOT_TEXT, pdfium.FPDF_ANNOT_HIGHLIGHT, pdfium.FPDF_ANNOT_UNDERLINE, pdfium.FPDF_ANNOT_STRIKEOUT),
    *(pdfium.FPDF_ANNOT_SQUIGGLY, pdfium.FPDF_ANNOT_POPUP, pdfium.FPDF_ANNOT_CARET, pdfium.FPDF_ANNOT_INK),
    *(pdfium.FPDF_ANNOT_SQUARE, pdfium.FPDF_ANNOT_CIRCLE, pdfium.FPDF_ANNOT_LINE),
}
WRITTEN = {pdfium.FPDF_ANNOT_FREETEXT, pdfium.FPDF_ANNOT_STAMP}
TYPED = {pdfium.FPDF_FORMFIELD_TEXTFIELD, pdfium.FPDF_FORMFIELD_COMBOBOX, pdfium.FPDF_FORMFIELD_LISTBOX}
HIDDEN = pdfium.FPDF_ANNOT_FLAG_HIDDEN | pdfium.FPDF_ANNOT_FLAG_NOVIEW
MAX_ANNOTATIONS = 10_000  # a page


def annotation_passages(document: pypdfium2.PdfDocument, page: pypdfium2.PdfPage, place: str) -> Iterator[Passage]:
    """What form fields hold and notes say on one page, `place`; at most `MAX_ANNOTATIONS` are looked at."""
    seen: set[str] = set()
    for number in range(min(pdfium.FPDFPage_GetAnnotCount(page), MAX_ANNOTATIONS)):
        annotation = pdfium.FPDFPage_GetAnnot(page, number)
        if annotation:
            yield from _annotation(document, annotation, place, seen)
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


def _field(document: pypdfium2.PdfDocument, annotation: pdfium.FPDF_ANNOTATION, asked: Callable[..., int]) -> str:
    return _utf16(lambda buffer, size: asked(document.formenv, annotation, buffer, size))


def _utf16(call: Callable[[object, int], int]) -> str:
    """A string that pdfium writes into a buffer, of which it first says how long it must be, in bytes."""
    size = call(None, 0)
    buffer = ctypes.create_string_buffer(max(2, size))
    call(ctypes.cast(buffer, ctypes.POINTER(pdfium.FPDF_WCHAR)), size)
    return buffer.raw[: max(0, size - 2)].decode("utf-16-le", "replace")
