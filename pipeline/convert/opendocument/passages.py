"""The text of one OpenDocument paragraph, and what is anchored in it and stands behind it: notes, boxes, pictures."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.convert.marks import address_behind, joined
from pipeline.convert.noticed import Noticed
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
    *("office:annotation", "office:annotation-end", "text:tracked-changes", "text:script"),
    *("text:alphabetical-index-mark", "text:toc-mark", "text:user-index-mark", "text:note-citation"),
    *("office:event-listeners", "svg:title", "svg:desc"),
)
BLANKS = {name("text:tab"): "\t", name("text:line-break"): "\n"}
SPACES, COUNT = name("text:s"), name("text:c")
CONTROL, SPAN, STYLE = name("draw:control"), name("text:span"), name("text:style-name")
LINK, RUBY, HREF = name("text:a"), name("text:ruby-text"), name("xlink:href")
HIDDEN, HIDDEN_VALUE = names("text:hidden-text", "text:hidden-paragraph"), name("text:string-value")
FIELD_MARK = name("field:fieldmark")
CELL_STYLE, ROW_CELL_STYLE = name("table:style-name"), name("table:default-cell-style-name")
MAX_SPACES = 100

Piece = tuple[str, bool]
"""Text, and whether it is struck."""


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
        self.noticed = Noticed()

    def read(self, paragraph: Element, *, is_struck: bool = False) -> Passage:
        """`is_struck` is what the cell around it says; its own style may say otherwise."""
        passage, pieces = Passage(), list[Piece]()
        self.noticed.add("hidden_passages", self._styles.hides("paragraph", paragraph.get(STYLE)))
        own = self._styles.strikes("paragraph", paragraph.get(STYLE))
        self._collect(paragraph, pieces, passage.anchored, is_struck if own is None else own)
        passage.text = joined(pieces)
        return passage

    def control(self, place: Element) -> str:
        """What a field of a form shows at the place that it has in the text."""
        return self._controls.get(place.get(CONTROL, ""), "")

    def is_struck_cell(self, cell: Element) -> bool:
        """By its own style, or that of its row."""
        row = cell.getparent()
        names = (cell.get(CELL_STYLE), row.get(ROW_CELL_STYLE) if row is not None else None)
        return bool(self._styles.strikes("table-cell", next(filter(None, names), None)))

    def _collect(self, element: Element, pieces: list[Piece], anchored: list[Element], is_struck: bool) -> None:
        pieces.append((_one_line(element.text), is_struck))
        for child in element:
            if child.tag in ANCHORED:
                anchored.append(child)
            elif child.tag not in LEFT_OUT:
                self._add(child, pieces, anchored, is_struck)
            pieces.append((_one_line(child.tail), is_struck))

    def _add(self, child: Element, pieces: list[Piece], anchored: list[Element], is_struck: bool) -> None:
        if child.tag in BLANKS:
            pieces.append((BLANKS[child.tag], is_struck))
        elif child.tag == SPACES:
            count = child.get(COUNT, "1")
            pieces.append((" " * min(int(count) if count.isdigit() else 1, MAX_SPACES), is_struck))
        elif child.tag == CONTROL:
            pieces.append((self.control(child), False))
        elif child.tag in HIDDEN:
            self.noticed.add("hidden_passages")
            pieces.append(("".join(child.itertext()) or child.get(HIDDEN_VALUE, ""), is_struck))
        elif child.tag == FIELD_MARK:
            pieces.append((mark_text(child), False))
        elif child.tag in (SPAN, LINK):
            self._add_span(child, pieces, anchored, is_struck)
        elif child.tag == RUBY:
            pieces.append((f" ({''.join(child.itertext())})", is_struck))
        else:
            self._collect(child, pieces, anchored, is_struck)

    def _add_span(self, span: Element, pieces: list[Piece], anchored: list[Element], is_struck: bool) -> None:
        own = self._styles.strikes("text", span.get(STYLE))
        self.noticed.add("hidden_passages", self._styles.hides("text", span.get(STYLE)))
        start = len(pieces)
        self._collect(span, pieces, anchored, is_struck if own is None else own)
        if span.tag == LINK:
            shown = "".join(text for text, _ in pieces[start:])
            pieces.append((address_behind(shown, span.get(HREF, "")) if shown.strip() else "", False))


def _one_line(text: str | None) -> str:
    """Line ends in the file are not line ends in the text."""
    if not text:
        return ""
    return text.replace("\r", " ").replace("\n", " ")
