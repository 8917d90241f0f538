"""The text of one OpenDocument paragraph, and what is anchored in it and stands behind it: notes, boxes, pictures."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.convert.marks import struck
from pipeline.convert.opendocument.form_fields import controls, mark_text
from pipeline.convert.opendocument.names import name, names
from pipeline.convert.opendocument.package import Element
from pipeline.convert.opendocument.styles import Styles

ANCHORED = names(
    *("text:note", "draw:frame", "draw:custom-shape", "draw:rect", "draw:ellipse", "draw:circle", "draw:line"),
    *("draw:g", "draw:polygon", "draw:polyline", "draw:path", "draw:connector", "draw:measure", "draw:caption"),
    *("draw:regular-polygon", "draw:a"),
)
LEFT_OUT = names(
    *("office:annotation", "office:annotation-end", "text:tracked-changes", "text:ruby-text", "text:script"),
    *(
        "text:hidden-text",
        "text:alphabetical-index-mark",
        "text:toc-mark",
        "text:user-index-mark",
        "text:note-citation",
    ),
    *("office:event-listeners", "svg:title", "svg:desc"),
)
BLANKS = {name("text:tab"): "\t", name("text:line-break"): "\n"}
SPACES, COUNT = name("text:s"), name("text:c")
CONTROL, SPAN, STYLE = name("draw:control"), name("text:span"), name("text:style-name")
FIELD_MARK = name("field:fieldmark")
MAX_SPACES = 100


@dataclass
class Passage:
    """Text with its line breaks; `anchored` elements in order."""

    text: str = ""
    anchored: list[Element] = field(default_factory=list)


class PassageReader:
    """Knows the styles and form fields of one document."""

    def __init__(self, styles: Styles, root: Element) -> None:
        self._styles = styles
        self._controls = controls(root)

    def read(self, paragraph: Element) -> Passage:
        passage, pieces = Passage(), list[str]()
        self._collect(paragraph, pieces, passage.anchored)
        passage.text = "".join(pieces)
        return passage

    def _collect(self, element: Element, pieces: list[str], anchored: list[Element]) -> None:
        pieces.append(_one_line(element.text))
        for child in element:
            if child.tag in ANCHORED:
                anchored.append(child)
            elif child.tag not in LEFT_OUT:
                self._add(child, pieces, anchored)
            pieces.append(_one_line(child.tail))

    def _add(self, child: Element, pieces: list[str], anchored: list[Element]) -> None:
        if child.tag in BLANKS:
            pieces.append(BLANKS[child.tag])
        elif child.tag == SPACES:
            count = child.get(COUNT, "1")
            pieces.append(" " * min(int(count) if count.isdigit() else 1, MAX_SPACES))
        elif child.tag == CONTROL:
            pieces.append(self._controls.get(child.get(CONTROL, ""), ""))
        elif child.tag == FIELD_MARK:
            pieces.append(mark_text(child))
        elif child.tag == SPAN and self._styles.is_struck(child.get(STYLE)):
            inner: list[str] = []
            self._collect(child, inner, anchored)
            pieces.append(struck("".join(inner)))
        else:
            self._collect(child, pieces, anchored)


def _one_line(text: str | None) -> str:
    """Line ends in the file are not line ends in the text."""
    if not text:
        return ""
    return text.replace("\r", " ").replace("\n", " ")
