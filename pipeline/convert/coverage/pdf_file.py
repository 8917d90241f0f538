"""The passages of a PDF, by pypdfium2: its pages, and what is in no page: attached files and XFA forms."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Mapping

import pypdfium2
import pypdfium2.raw as pdfium

from pipeline.convert.coverage.drawings import ReadFile
from pipeline.convert.coverage.ocr_evidence import PageRead
from pipeline.convert.coverage.package import parsed
from pipeline.convert.coverage.passages import Passage, PassageKind, moved_into
from pipeline.convert.coverage.pdf_conditions import refuse_endless_conditions
from pipeline.convert.coverage.pdf_pages import page_passages

VALUES_OF_XFA = "datasets"


def pdf_passages(data: bytes, read_file: ReadFile, read: Mapping[int, PageRead]) -> Iterator[Passage]:
    refuse_endless_conditions(data)
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
    for index in range(document.count_attachments()):
        place = f"attachment {index + 1}"
        none = [Passage.uncounted(PassageKind.ATTACHMENT, place)]
        try:
            attachment = document.get_attachment(index)
            found = read_file(bytes(attachment.get_data()), attachment.get_name().rpartition(".")[2].lower())
        except pypdfium2.PdfiumError:
            found = None
        yield from none if found is None else moved_into(found, PassageKind.ATTACHMENT, place)
