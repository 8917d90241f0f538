"""A PDF made ready for Docling: what is switched off is taken out, what is only in forms and notes is written in."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import pikepdf

from pipeline.convert.pdf_content.annotations import is_hidden, write_note
from pipeline.convert.pdf_content.attachments import attached_files
from pipeline.convert.pdf_content.fields import FieldValues
from pipeline.convert.pdf_content.font_widths import bound_widths
from pipeline.convert.pdf_content.layers import Layers
from pipeline.convert.pdf_content.malformed import MALFORMED
from pipeline.convert.pdf_content.written_text import Writer
from pipeline.convert.pdf_content.xfa import xfa_lines
from pipeline.convert.prepared import Attachment

logging.getLogger("pikepdf").setLevel(logging.ERROR)  # of damaged files, which Docling reads or not
NOT_LOOKED_FOR = "The PDF is damaged: its form values, layers and attached files were not looked for."
MAX_ANNOTATIONS = 5000  # of a page; more are the links of an index


@dataclass(frozen=True)
class PreparedPdf:
    """The bytes for Docling, lines that no page shows, warnings, and files that are attached."""

    data: bytes
    lines: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    attached: Sequence[Attachment] = ()


def prepare_pdf(data: bytes) -> PreparedPdf:
    """The same bytes for a PDF without forms, notes and layers; also for one that only other readers can open."""
    try:
        with pikepdf.open(io.BytesIO(data)) as document:
            return _prepared(document, data)
    except MALFORMED:
        return PreparedPdf(data, warnings=(NOT_LOOKED_FOR,))


def _prepared(document: pikepdf.Pdf, data: bytes) -> PreparedPdf:
    layers, writer, values = Layers(document), Writer(document), FieldValues()
    changed = layers.hide() | bound_widths(document)
    for page in document.pages:
        changed |= _write_annotations(page, layers, writer, values)
    lines, notes = xfa_lines(document, values.written)
    if "/AcroForm" in document.Root:  # its values are written; docling-parse 7.23 fails on those that are not UTF-8
        del document.Root["/AcroForm"]
        changed = True
    if changed:
        data = _saved(document)
    return PreparedPdf(data, tuple(lines), tuple(notes), attached_files(document))


def _write_annotations(page: pikepdf.Page, layers: Layers, writer: Writer, values: FieldValues) -> bool:
    """Whether the page was changed. What is written stands no longer among its annotations."""
    annotations = page.obj.get("/Annots")
    if not isinstance(annotations, pikepdf.Array) or len(annotations) > MAX_ANNOTATIONS:
        return False
    kept = []
    for annotation in annotations:
        if not isinstance(annotation, pikepdf.Dictionary):
            continue
        if is_hidden(annotation) or layers.is_off(annotation.get("/OC")):
            continue
        if not (values.write(annotation, writer) or write_note(annotation, writer)):
            kept.append(annotation)
    if len(kept) == len(annotations):
        return False
    writer.finish(page)
    page.obj.Annots = pikepdf.Array(kept)
    return True


def _saved(document: pikepdf.Pdf) -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings(action="ignore"):  # of signatures and buttons, which now belong to no form
        document.save(buffer, deterministic_id=True, encryption=False)
    return buffer.getvalue()
