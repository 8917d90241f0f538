"""The passages of a PDF, by pypdfium2: its pages, and what is in no page: attached files and XFA forms."""

from __future__ import annotations

import contextlib
import ctypes
import posixpath
from collections.abc import Iterator, Mapping

import pypdfium2
import pypdfium2.raw as pdfium

from pipeline.convert.coverage.drawings import ReadFile
from pipeline.convert.coverage.ocr_evidence import PageRead
from pipeline.convert.coverage.package import parsed
from pipeline.convert.coverage.passages import Passage, PassageKind, moved_into
from pipeline.convert.coverage.pdf_annotations import MAX_ANNOTATIONS
from pipeline.convert.coverage.pdf_endless import refuse_endless
from pipeline.convert.coverage.pdf_pages import page_passages

VALUES_OF_XFA = "datasets"


def pdf_passages(data: bytes, read_file: ReadFile, read: Mapping[int, PageRead]) -> Iterator[Passage]:
    """Of all pages, of XFA forms and of attached files. `read` holds what OCR has read, by page number from 1."""
    refuse_endless(data)
    with pypdfium2.PdfDocument(data) as document:
        document.init_forms()
        yield from page_passages(document, data, read)
        yield from _xfa(document)
        yield from _attachments(document, read_file)


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
    """Of the document, then of its pages: the name, which the text has as a heading, and what the file says."""
    files = [document.get_attachment(index) for index in range(document.count_attachments())]
    contents = dict.fromkeys((_name(file), _data(file)) for file in (*files, *_on_pages(document)))
    for number, (name, data) in enumerate(contents, 1):
        place = f"attachment {number}"
        yield Passage(PassageKind.ATTACHMENT, place, name)
        found = read_file(data, name.rpartition(".")[2].lower())
        none = [Passage.uncounted(PassageKind.ATTACHMENT, place)]
        yield from none if found is None else moved_into(found, PassageKind.ATTACHMENT, place)


def _on_pages(document: pypdfium2.PdfDocument) -> Iterator[pypdfium2.PdfAttachment]:
    for index in range(len(document)):
        with contextlib.suppress(pypdfium2.PdfiumError), contextlib.closing(document[index]) as page:
            for number in range(min(pdfium.FPDFPage_GetAnnotCount(page), MAX_ANNOTATIONS)):
                annotation = pdfium.FPDFPage_GetAnnot(page, number)
                if annotation and pdfium.FPDFAnnot_GetSubtype(annotation) == pdfium.FPDF_ANNOT_FILEATTACHMENT:
                    yield pypdfium2.PdfAttachment(pdfium.FPDFAnnot_GetFileAttachment(annotation), document)
                if annotation:
                    pdfium.FPDFPage_CloseAnnot(annotation)


def _name(file: pypdfium2.PdfAttachment) -> str:
    try:
        return posixpath.basename(str(file.get_name()).replace("\\", "/"))
    except pypdfium2.PdfiumError:
        return ""


def _data(file: pypdfium2.PdfAttachment) -> bytes:
    try:
        return bytes(file.get_data())
    except pypdfium2.PdfiumError:
        return b""
