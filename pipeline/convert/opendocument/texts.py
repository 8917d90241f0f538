"""OpenDocument texts (ODT, OTT, FODT)."""

from __future__ import annotations

from pipeline.convert.builder import DocumentBuilder
from pipeline.convert.opendocument.content import FOOTERS, HEADERS, ContentReader, running_texts
from pipeline.convert.opendocument.package import open_package
from pipeline.convert.opendocument.properties import properties_of
from pipeline.convert.prepared import Built
from pipeline.settings.sections import ConversionSettings


def read_text(data: bytes, settings: ConversionSettings) -> Built:
    """Headings, paragraphs, lists, tables, notes, boxes, charts and form fields in order; running texts once."""
    package = open_package(data, settings)
    builder = DocumentBuilder(settings)
    reader = ContentReader(package, builder)
    body = package.body("text")
    for text in running_texts(package, reader.passages, HEADERS):
        builder.paragraph(text)
    reader.read_children(body)
    for text in running_texts(package, reader.passages, FOOTERS):
        builder.paragraph(text)
    return reader.built(properties_of(package))
