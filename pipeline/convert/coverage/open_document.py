"""The passages of ODT, ODS and ODP: paragraphs of content and styles, by lxml."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pipeline.convert.coverage.drawings import ReadFile, objects, running
from pipeline.convert.coverage.package import Package, local, parsed
from pipeline.convert.coverage.passages import LeftOut, Passage, PassageKind, moved_into
from pipeline.convert.coverage.pictures import pictures
from pipeline.convert.coverage.plain_text import decoded

TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
DRAW = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
LINK = "{http://www.w3.org/1999/xlink}href"
GAPS = {"s": " ", "tab": " ", "line-break": " ", "soft-page-break": ""}
PAGE_NUMBERS = {"page-number", "page-count"}
SKIPPED = {"sequence-decls", "forms", "settings", "event-listeners", "dde-connection-decls", "scripts", "label-range"}
INNER = {
    "annotation": (PassageKind.COMMENT, LeftOut.COMMENT),
    "tracked-changes": (PassageKind.DELETED, LeftOut.DELETED),
    "notes": (PassageKind.NOTE, None),
    "header": (PassageKind.HEADER, None),
    "header-left": (PassageKind.HEADER, None),
    "header-first": (PassageKind.HEADER, None),
    "footer": (PassageKind.FOOTER, None),
    "footer-left": (PassageKind.FOOTER, None),
    "footer-first": (PassageKind.FOOTER, None),
    "text-box": (PassageKind.TEXT_BOX, None),
    "title": (PassageKind.ALT_TEXT, None),
    "desc": (PassageKind.ALT_TEXT, None),
}
MAX_REPEATED = 100  # cells; a row of empty cells says that it repeats to the edge of the sheet


def open_document_passages(data: bytes, read_file: ReadFile) -> Iterator[Passage]:
    """Of an archive or of one flat XML file (FODT …); embedded files are read by `read_file`."""
    if not data.startswith(b"PK"):
        yield from _flat(parsed(data))
        return
    package = Package(data)
    content = package.xml("content.xml")
    yield from _written(content, package.xml("styles.xml"))
    for number, name in enumerate(package.matching(r"(?!content\.xml).+/content\.xml"), 1):
        found = list(_Walk(set()).inside(package.xml(name), PassageKind.BODY, None))
        yield from moved_into(found, PassageKind.EMBEDDED_OBJECT, f"embedded object {number}")
    every = (each.get(LINK, "").removeprefix("./") for each in content.iter(f"{DRAW}object-ole"))
    paths = list(dict.fromkeys(every))
    yield from objects(map(package.read, paths), (path.rpartition(".")[2] for path in paths), read_file)
    yield from pictures(package.read(name) for name in package.matching(r"(media|Pictures)/[^/]+"))


def _flat(root: Any) -> Iterator[Passage]:
    """A file that is one XML document, with its pictures in it."""
    yield from _written(root, root)
    texts = (picture.text or "" for picture in root.iterfind(".//{*}image/{*}binary-data"))
    yield from pictures(decoded(text.encode()) for text in texts)


def _written(content: Any, styles: Any) -> Iterator[Passage]:
    hidden = {style.get(f"{STYLE}name", "") for root in (content, styles) for style in _hiding(root)}
    if (body := content.find("{*}body")) is not None:
        yield from _Walk(hidden).inside(body, PassageKind.BODY, None)
    yield from _running(styles, hidden)


def _hiding(root: Any) -> Iterator[Any]:
    """Styles of slides and sheets that are not shown."""
    for style in root.iter(f"{STYLE}style"):
        for properties in style:
            shown = properties.get(f"{TABLE}display"), _visibility(properties)
            if "false" in shown or "hidden" in shown:
                yield style


def _visibility(properties: Any) -> Any:
    return properties.get("{urn:oasis:names:tc:opendocument:xmlns:presentation:1.0}visibility")


def _running(styles: Any, hidden: set[str]) -> Iterator[Passage]:
    """Headers and footers of the page styles; of equal ones the first counts."""
    seen: set[str] = set()
    for master in styles.iter(f"{STYLE}master-page"):
        for passage in _Walk(hidden).inside(master, PassageKind.SLIDE_MASTER, LeftOut.SLIDE_MASTER):
            is_running = passage.left_out is None
            yield running(passage.kind, passage.place, passage.text, seen) if is_running else passage


@dataclass
class _Walk:
    hidden_styles: set[str]
    numbers: dict[str, int] = field(default_factory=dict)
    part: str = ""

    def inside(self, element: Any, kind: PassageKind, left_out: LeftOut | None) -> Iterator[Passage]:
        for child in element:
            name = local(child)
            if name in ("p", "h"):
                yield from self._paragraph(child, kind, left_out)
            elif name and name not in SKIPPED:
                yield from self._other(child, name, kind, left_out)

    def _other(self, child: Any, name: str, kind: PassageKind, left_out: LeftOut | None) -> Iterator[Passage]:
        if name == "note":
            kind = PassageKind.ENDNOTE if child.get(f"{TEXT}note-class") == "endnote" else PassageKind.FOOTNOTE
            child = child.find(f"{TEXT}note-body")
        elif name in INNER and not (name == "text-box" and kind != PassageKind.BODY) and not self._is_slide_text(child):
            kind, left_out = INNER[name]
        elif name in ("title", "desc"):
            return
        kind = self._kind_of_part(child, name, kind) if child is not None else kind
        if name in ("title", "desc"):
            yield self._passage(kind, child.text or "", left_out)
        elif child is not None:
            yield from self.inside(child, kind, left_out)

    def _is_slide_text(self, child: Any) -> bool:
        """On a slide all text stands in boxes."""
        return local(child) == "text-box" and self.part.startswith(("slide", "hidden slide"))

    def _kind_of_part(self, child: Any, name: str, kind: PassageKind) -> PassageKind:
        """Slides and sheets, and the cells in them."""
        if name == "page" and child.tag.startswith(DRAW):
            return self._begin(child.get(f"{DRAW}style-name"), "slide", PassageKind.HIDDEN_SLIDE, kind)
        if name == "table" and child.getparent() is not None and local(child.getparent()) == "spreadsheet":
            sheet = f"sheet {child.get(f'{TABLE}name', '')}"
            return self._begin(child.get(f"{TABLE}style-name"), sheet, PassageKind.HIDDEN_SHEET, kind)
        if name in ("table-cell", "covered-table-cell") and kind == PassageKind.BODY:
            return PassageKind.TABLE_CELL
        if name == "table-row" and child.get(f"{TABLE}visibility") in ("collapse", "filter"):
            return PassageKind.HIDDEN_ROW if kind in (PassageKind.BODY, PassageKind.TABLE_CELL) else kind
        return kind

    def _begin(self, style: str | None, part: str, hidden: PassageKind, kind: PassageKind) -> PassageKind:
        number = self.numbers[part] = self.numbers.get(part, 0) + 1
        self.part = part if part.startswith("sheet ") else f"{part} {number}"
        if style in self.hidden_styles:
            self.part = f"hidden {self.part}"
            return hidden
        return kind

    def _paragraph(self, paragraph: Any, kind: PassageKind, left_out: LeftOut | None) -> Iterator[Passage]:
        inner: list[Any] = []
        yield self._passage(kind, "".join(_text(paragraph, inner)), left_out)
        for child in inner:
            yield from self._other(child, local(child), kind, left_out)

    def _passage(self, kind: PassageKind, text: str, left_out: LeftOut | None) -> Passage:
        name = "paragraph" if kind == PassageKind.BODY else kind.replace("_", " ")
        number = self.numbers[f"{self.part}/{name}"] = self.numbers.get(f"{self.part}/{name}", 0) + 1
        return Passage(kind, f"{self.part}, {name} {number}" if self.part else f"{name} {number}", text, left_out)


def _text(element: Any, inner: list[Any]) -> Iterator[str]:
    """The text of a paragraph; notes, comments and frames in it are put into `inner`."""
    yield element.text or ""
    for child in element:
        name = local(child)
        if name in GAPS:
            yield GAPS[name]
        elif name in ("note", "annotation") or (child.tag.startswith(DRAW) and name != "a"):
            inner.append(child)
        elif name and name not in PAGE_NUMBERS and name not in ("bookmark-ref-decl", "ruby-text"):
            yield from _text(child, inner)
        yield child.tail or ""
