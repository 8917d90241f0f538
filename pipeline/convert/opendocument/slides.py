"""OpenDocument presentations and drawings (ODP, OTP, FODP, ODG)."""

from __future__ import annotations

from pipeline.convert.builder import DocumentBuilder
from pipeline.convert.limits import refuse_pages
from pipeline.convert.opendocument.content import ContentReader
from pipeline.convert.opendocument.names import NAMESPACES, name
from pipeline.convert.opendocument.package import Element, open_package
from pipeline.convert.opendocument.properties import properties_of
from pipeline.convert.page_numbers import without_empty_lines
from pipeline.convert.prepared import Built
from pipeline.settings.sections import ConversionSettings

CLASS = name("presentation:class")
RUNNING = ("page", "header", "footer", "date-time", "page-number")
DECLARED = (name("presentation:header-decl"), name("presentation:footer-decl"))


def read_slides(data: bytes, settings: ConversionSettings) -> Built:
    """Slide by slide: its title, everything on it as it lies, the speaker's notes; at the end footers once."""
    package = open_package(data, settings)
    builder = DocumentBuilder(settings)
    reader = ContentReader(package, builder)
    body = package.body("presentation")
    slides = body.findall("draw:page", NAMESPACES)
    refuse_pages(len(slides), settings)
    for slide in slides:
        builder.slide()
        reader.noticed.add("hidden_slides", reader.styles.hides("drawing-page", slide.get(name("draw:style-name"))))
        _read_slide(slide, reader, builder)
    for text in dict.fromkeys("".join(declared.itertext()) for declared in body.iter(*DECLARED)):
        builder.paragraph(without_empty_lines(text))
    return reader.built(properties_of(package))


def _read_slide(slide: Element, reader: ContentReader, builder: DocumentBuilder) -> None:
    titles = [shape for shape in slide if shape.get(CLASS) == "title"]
    for title in titles:
        paragraphs = [reader.passages.read(paragraph).text for paragraph in title.iter(name("text:p"))]
        builder.heading(" ".join(paragraphs), 0)
    for shape in slide:
        if shape not in titles:
            reader.read(shape)
    for notes in slide.iterfind("presentation:notes", NAMESPACES):
        for shape in notes:
            if shape.get(CLASS) not in RUNNING:
                reader.read(shape)
