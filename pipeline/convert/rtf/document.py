"""An RTF file as a document: its main text in order, running headers and footers around it."""

from __future__ import annotations

from pipeline.convert.builder import DocumentBuilder
from pipeline.convert.limits import refuse_unpacked
from pipeline.convert.page_numbers import without_empty_lines
from pipeline.convert.prepared import Built
from pipeline.convert.properties import Found
from pipeline.convert.rtf.reader import RtfReader
from pipeline.convert.rtf.story import hand_on
from pipeline.convert.rtf.words import FOOTERS, HEADERS
from pipeline.settings.sections import ConversionSettings


def read_rtf(data: bytes, settings: ConversionSettings) -> Built:
    """Headings, paragraphs, lists, tables, notes, boxes and pictures in order; running headers and footers once."""
    refuse_unpacked(len(data), settings)
    builder, reader = DocumentBuilder(settings), RtfReader()
    reader.read(data)
    headers, footers = (_running_texts(reader, kinds) for kinds in (HEADERS, FOOTERS))
    for text in headers:
        builder.paragraph(text)
    hand_on(reader.main.close(), builder)
    for text in footers:
        builder.paragraph(text)
    found = reader.head.found()
    objects = [f"Embedded objects that were not read: {reader.objects}."] if reader.objects else []
    notes = (*found.warnings, *objects, *reader.noticed.warnings())
    return Built(builder.document, Found(found.properties, notes), builder.pictures)


def _running_texts(reader: RtfReader, kinds: frozenset[str]) -> list[str]:
    """Each once, those with a word."""
    texts: dict[str, None] = {}
    for story in (story for kind, story in reader.running if kind in kinds):
        if text := without_empty_lines(story.text()):
            texts[text] = None
    return list(texts)
