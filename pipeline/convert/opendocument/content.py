"""Walks the content of an OpenDocument text or slide and hands it to a DocumentBuilder."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator

from docling_core.types.doc import DocItemLabel

from pipeline.convert.builder import MAX_HEADING_LEVEL, DocumentBuilder
from pipeline.convert.limits import Copies
from pipeline.convert.office.ole_objects import document_in
from pipeline.convert.opendocument.lists import ListReader
from pipeline.convert.opendocument.names import NAMESPACES, name, names
from pipeline.convert.opendocument.numbering import Counter
from pipeline.convert.opendocument.package import Element, Package
from pipeline.convert.opendocument.passages import STYLE, PassageReader
from pipeline.convert.opendocument.styles import Styles
from pipeline.convert.opendocument.tables import TableReader
from pipeline.convert.page_numbers import without_empty_lines
from pipeline.convert.prepared import Attachment, Built
from pipeline.convert.properties import Found

SECTION_DISPLAY = name("text:display")
HREF = name("xlink:href")
NOT_BLOCKS = names(
    *("text:tracked-changes", "office:annotation", "office:forms", "text:sequence-decls", "text:variable-decls"),
    *("text:user-field-decls", "text:dde-connection-decls", "office:scripts", "presentation:notes", "svg:title"),
    *("svg:desc", "draw:glue-point", "office:event-listeners", "table:shapes", "text:note-citation"),
)
PAGE_FIELDS = names("text:page-number", "text:page-count", "text:sheet-name")
MOMENTS = names("text:date", "text:time")
FIXED = name("text:fixed")
MATH = "{http://www.w3.org/1998/Math/MathML}math"
HEADERS = ("header", "header-first", "header-left")
FOOTERS = ("footer", "footer-first", "footer-left")
PICTURED = names("draw:image", "draw:object-ole", "draw:plugin", "draw:applet")  # known by their picture only
MAX_OBJECT_DEPTH = 3


class ContentReader:
    """Reads elements one after the other; the builder knows where they go."""

    def __init__(self, package: Package, builder: DocumentBuilder) -> None:
        self._package, self._builder = package, builder
        self.styles = Styles(package)
        self.passages = PassageReader(self.styles, package.part("content.xml"))
        self.noticed = self.passages.noticed
        self.copies = Copies(builder.settings)
        self.tables = TableReader(self.passages, self.copies, self.read)
        self._headings = Counter()
        self._outline = {depth - 1: described for depth, described in self.styles.outline.items()}
        self._object_depth = 0
        self._objects: set[str] = set()
        self._attached: dict[str, Attachment | None] = {}
        self._by_tag: dict[str, Callable[[Element], None]] = {
            name("text:p"): self._paragraph,
            name("text:h"): self._heading,
            name("text:list"): ListReader(self._builder, self.styles, self.passages, self.read).read,
            name("text:numbered-paragraph"): self.read_children,
            name("table:table"): self._table,
            name("text:note"): self._note,
            name("text:section"): self._section,
            name("draw:frame"): self._frame,
            name("draw:image"): self._picture,
            name("draw:object"): self._object,
            name("draw:control"): lambda control: self._builder.paragraph(self.passages.control(control)),
        }

    def built(self, found: Found) -> Built:
        """What was read."""
        notes = (*found.warnings, *self.noticed.warnings())
        attached = [file for file in self._attached.values() if file is not None]
        return Built(self._builder.document, Found(found.properties, notes), self._builder.pictures, attached)

    def read_children(self, element: Element) -> None:
        """Read the children of an element that only groups them."""
        for child in element:
            self.read(child)

    def read(self, element: Element) -> None:
        """Any block; what is not known is looked into."""
        if element.tag not in NOT_BLOCKS and isinstance(element.tag, str):
            self._by_tag.get(element.tag, self.read_children)(element)

    def _paragraph(self, element: Element) -> None:
        level = self.styles.heading_level(element.get(STYLE))
        passage = self.passages.read(element)
        if level is None:
            self._builder.paragraph(passage.text)
        else:
            self._builder.heading(self._numbered(passage.text, level), level)
        for anchored in passage.anchored:
            self.read(anchored)

    def _heading(self, element: Element) -> None:
        level = element.get(name("text:outline-level"), "1")
        passage = self.passages.read(element)
        number = min(int(level), MAX_HEADING_LEVEL) if level.isdigit() and len(level) < 10 else 1
        styled = self.styles.heading_level(element.get(STYLE))
        self._builder.heading(self._numbered(passage.text, number), 0 if styled == 0 else number)
        for anchored in passage.anchored:
            self.read(anchored)

    def _numbered(self, heading: str, level: int) -> str:
        if not heading.strip() or level < 1:
            return heading
        return f"{self._headings.next(level - 1, self._outline)} {heading}".strip()

    def _table(self, element: Element) -> None:
        rows, header_rows, behind = self.tables.read(element)
        self._builder.table(rows, header_rows)
        for anchored in behind:
            self.read(anchored)

    def _note(self, element: Element) -> None:
        citation = element.findtext("text:note-citation", "", NAMESPACES)
        for body in element.iterfind("text:note-body", NAMESPACES):
            passages = [self.passages.read(paragraph) for paragraph in body.iter(name("text:p"), name("text:h"))]
            text = "\n".join(passage.text for passage in passages)
            self._builder.paragraph(f"{citation} {text}", DocItemLabel.FOOTNOTE)

    def _section(self, element: Element) -> None:
        self.noticed.add("hidden_passages", element.get(SECTION_DISPLAY) in ("none", "condition"))
        self.read_children(element)

    def _frame(self, element: Element) -> None:
        """A box with its first content: what follows is the same for readers that cannot show the first."""
        for alternative in ("svg:title", "svg:desc"):
            self._builder.paragraph(element.findtext(alternative, "", NAMESPACES))
        for embedded in element.iterfind("draw:object-ole", NAMESPACES):
            self._object_of_program(embedded)
        pictures = element.findall("draw:image", NAMESPACES)
        others = [child for child in element if child.tag not in (*PICTURED, *NOT_BLOCKS)]
        for child in others or pictures[:1]:
            self.read(child)

    def _picture(self, element: Element) -> None:
        data = self._picture_data(element)
        if data:
            self._builder.picture(data)
        self.read_children(element)

    def _picture_data(self, element: Element) -> bytes | None:
        written = element.find("office:binary-data", NAMESPACES)
        if written is None:
            return self._package.file(element.get(HREF, "").removeprefix("./"))
        try:
            return base64.b64decode(written.text or "")
        except binascii.Error:
            return None

    def _object_of_program(self, element: Element) -> None:
        """A file of another program, which is shown as a picture: read at the end, once, if it is a document."""
        path = element.get(HREF, "").removeprefix("./")
        if path not in self._attached:
            self._attached[path] = document_in(path, self._package.file(path) or b"")
        self.noticed.add("embedded", self._attached[path] is None)

    def _object(self, element: Element) -> None:
        """A chart, sheet, text or formula inside the document, as an OpenDocument file of its own; each once."""
        path = element.get(HREF, "").removeprefix("./").rstrip("/")
        if self._object_depth >= MAX_OBJECT_DEPTH or path in self._objects:
            return
        self._objects |= {path} - {""}
        root = self._package.part(f"{path}/content.xml") if path else element
        self._object_depth += 1
        if (formula := next(root.iter(MATH), None)) is not None:
            self._builder.paragraph(_formula_text(formula))
        else:
            for body in root.iter(name("office:body")):
                self.read_children(body)
        self._object_depth -= 1


def _formula_text(formula: Element) -> str:
    """Its signs, without the same in the language of the program."""
    texts = (element.text or "" for element in formula.iter("{*}*") if not element.tag.endswith("}annotation"))
    return " ".join(text.strip() for text in texts if text.strip())


def running_texts(package: Package, passages: PassageReader, kinds: tuple[str, ...]) -> Iterator[str]:
    """Running headers or footers of all page styles, each text once, those with a letter or digit."""
    seen = set()
    masters = package.part("styles.xml").find("office:master-styles", NAMESPACES)
    for element in masters.iter(*(name(f"style:{kind}") for kind in kinds)) if masters is not None else ():
        if element.get(name("style:display")) == "false":
            continue
        _empty_fields(element)
        paragraphs = element.iter(name("text:p"), name("text:h"))
        text = without_empty_lines("\n".join(passages.read(paragraph).text for paragraph in paragraphs))
        if text and text not in seen:
            seen.add(text)
            yield text


def _empty_fields(element: Element) -> None:
    """What differs from page to page, or from day to day, says nothing outside of its page."""
    for field in element.iter(*PAGE_FIELDS, *MOMENTS):
        if field.tag in PAGE_FIELDS or field.get(FIXED) != "true":
            field.text = None
