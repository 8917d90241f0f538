"""What stands in the drawings and objects of a Word paragraph, as paragraphs and tables behind it.

Docling 2.143 reads text boxes before their paragraph and without their tables; diagrams, descriptions of pictures,
embedded files and texts of the newer charts it leaves out. For pictures in Windows' own formats it starts LibreOffice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from lxml import etree

from pipeline.convert.office import drawing_texts
from pipeline.convert.office.names import WP, O, R, V, W, remove
from pipeline.convert.office.package import Package
from pipeline.convert.office.tools import Tools
from pipeline.convert.office.word_blocks import blocks_of
from pipeline.convert.office.word_text import paragraph_of

DRAWINGS: Final = (f"{W}drawing", f"{W}pict", f"{W}object")


@dataclass(frozen=True)
class Drawings:
    """Empties the drawings of one story. `keeps_pictures` is for the body, where Docling counts them."""

    package: Package
    part: str
    tools: Tools
    keeps_pictures: bool

    def hoist(self, paragraph: etree._Element) -> None:
        """Put behind the paragraph what its drawings say, and leave in it only what Docling reads."""
        behind: list[etree._Element] = []
        for drawing in list(_own_drawings(paragraph)):
            behind += self._blocks(drawing)
            if not (self.keeps_pictures and self._is_read_by_docling(drawing)):
                remove(drawing)
        for block in reversed(behind):
            paragraph.addnext(block)

    def _blocks(self, drawing: etree._Element) -> list[etree._Element]:
        drawing_texts.drop_shown_charts(drawing, self.part, self.package)
        boxes = [block for box in _outermost_boxes(drawing) for block in box]
        for box in list(_outermost_boxes(drawing)):
            remove(box)
        return [*boxes, *map(paragraph_of, self._texts(drawing)), *self._objects(drawing)]

    def _texts(self, drawing: etree._Element) -> list[str]:
        package, part = self.package, self.part
        return [
            *drawing_texts.diagram_texts(drawing, part, package),
            *drawing_texts.newer_chart_texts(drawing, part, package),
            *drawing_texts.axis_titles(drawing, part, package),
            *drawing_texts.shape_paragraphs(drawing),
            *(node.get("string", "") for node in drawing.iter(f"{V}textpath") if node.get("string")),
            *self._of_pictures(drawing),
        ]

    def _of_pictures(self, drawing: etree._Element) -> Iterator[str]:
        """Their descriptions, and in the body their own text: pictures of running headers are logos."""
        for properties in drawing.iter(f"{WP}docPr"):
            if said := drawing_texts.description(properties):
                yield said
        for shape in drawing.iter(f"{V}shape"):
            if shape.get("alt") and shape.find(f".//{V}imagedata") is not None:
                yield str(shape.get("alt"))
        if self.keeps_pictures and drawing.tag != f"{W}object":  # whose picture is a preview of what it embeds
            for name in drawing_texts.picture_parts(drawing, self.part, self.package):
                yield from self.tools.picture(name, self.package)

    def _objects(self, drawing: etree._Element) -> list[etree._Element]:
        blocks = []
        for reference in drawing.iter(f"{O}OLEObject"):
            link = self.package.relationships(self.part).get(reference.get(f"{R}id", ""))
            if link is not None and not link.is_external:
                blocks += blocks_of(self.tools.embedded(link.target, self.package))
        return blocks

    def _is_read_by_docling(self, drawing: etree._Element) -> bool:
        names = drawing_texts.picture_parts(drawing, self.part, self.package)
        return drawing_texts.is_chart(drawing) or (bool(names) and not drawing_texts.are_metafiles(names))


def _own_drawings(paragraph: etree._Element) -> Iterator[etree._Element]:
    """Outermost drawings; those inside a text box are their own paragraph's."""
    for run in paragraph.iterchildren(f"{W}r"):
        yield from run.iterchildren(*DRAWINGS)


def _outermost_boxes(drawing: etree._Element) -> Iterator[etree._Element]:
    for box in list(drawing.iter(f"{W}txbxContent")):
        inside = next(box.iterancestors(f"{W}txbxContent"), None)
        if inside is None or not any(ancestor is drawing for ancestor in inside.iterancestors()):
            yield box
