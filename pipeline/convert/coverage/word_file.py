"""The passages of a DOCX: every paragraph of every part, by lxml."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pipeline.convert.coverage.drawings import ReadFile, charts, chosen, described, embedded, running, smart_art
from pipeline.convert.coverage.package import Package, local, number_of
from pipeline.convert.coverage.passages import LeftOut, Passage, PassageKind, moved_into
from pipeline.convert.coverage.pictures import packed_pictures

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
RUNNING_PARTS = r"word/(?:header|footer)\d*\.xml"
MAIN = "word/document.xml"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
DELETED = ("del", "moveFrom")
PAGE_FIELDS = ("PAGE", "NUMPAGES", "SECTIONPAGES", "SECTION")
EQUATION_WORD = re.compile(r"[a-zà-öø-ÿ]{4,}|\d+(?:[.,]\d+)*", re.I)
GAPS = {"tab": " ", "br": " ", "cr": " ", "noBreakHyphen": "-", "ptab": " "}
SKIPPED = {"instrText", "delInstrText", "rPr", "pPr", "sdtPr", "sdtEndPr", "tblPr", "trPr", "tcPr", "sectPr", "fldData"}


def word_passages(data: bytes, read_file: ReadFile) -> Iterator[Passage]:
    """Body, notes, headers and footers, comments, drawings and embedded files (by `read_file`), in this order."""
    package = Package(data)
    yield from _Part(PassageKind.BODY, "paragraph {}").passages(package.xml(MAIN))
    for kind, name in ((PassageKind.FOOTNOTE, "footnote"), (PassageKind.ENDNOTE, "endnote")):
        yield from _notes(package, kind, name)
    yield from _running(package)
    for note in package.xml("word/comments.xml"):
        yield from _Part(PassageKind.COMMENT, "comment {}", LeftOut.COMMENT).passages(note)
    yield from smart_art(package, "word")
    yield from charts(package, "word")
    yield from _inserted(package, read_file)
    yield from embedded(package, "word", read_file)
    yield from packed_pictures(package, r"word/media/[^/]+", RUNNING_PARTS)


def _notes(package: Package, kind: PassageKind, name: str) -> Iterator[Passage]:
    """Of a note whose mark was deleted nothing is shown."""
    marked = {
        reference.get(f"{WORD}id")
        for reference in package.xml(MAIN).iter(f"{WORD}{name}Reference")
        if not any(local(outer) in DELETED for outer in reference.iterancestors())
    }
    notes = [note for note in package.xml(f"word/{name}s.xml") if note.get(f"{WORD}type") in (None, "normal")]
    for number, note in enumerate(notes, 1):
        left_out = None if note.get(f"{WORD}id") in marked else LeftOut.DELETED
        yield from _Part(kind, f"{name} {number}", left_out).passages(note)


def _running(package: Package) -> Iterator[Passage]:
    """Headers and footers; one that says what another said is a repetition, one that no section has is not shown."""
    seen: set[str] = set()
    for kind in (PassageKind.HEADER, PassageKind.FOOTER):
        parts = dict(package.related(MAIN, kind))
        used = (parts.get(one.get(RELATION, "")) for one in package.xml(MAIN).iter(f"{WORD}{kind}Reference"))
        shown = dict.fromkeys(filter(None, used))
        for name in dict.fromkeys([*shown, *package.matching(rf"word/{kind}\d*\.xml")]):
            left_out = None if name in shown else LeftOut.HIDDEN_TEXT
            for passage in _Part(kind, f"{kind} {number_of(name) or 1}", left_out).passages(package.xml(name)):
                is_plain = passage.kind == kind and passage.left_out is None
                yield running(kind, passage.place, passage.text, seen) if is_plain else passage


def _inserted(package: Package, read_file: ReadFile) -> Iterator[Passage]:
    for number, (_, name) in enumerate(package.related(MAIN, "aFChunk"), 1):
        place = f"inserted file {number}"
        found = read_file(package.read(name), name.rpartition(".")[2].lower())
        none = [Passage.uncounted(PassageKind.INSERTED_FILE, place)]
        yield from none if found is None else moved_into(found, PassageKind.INSERTED_FILE, place)


@dataclass
class _Part:
    """Walks a part. The text of a paragraph, without that of the text boxes in it, is a passage."""

    kind: PassageKind
    place: str
    left_out: LeftOut | None = None
    numbers: dict[PassageKind, int] = field(default_factory=dict)

    def passages(self, root: Any) -> Iterator[Passage]:
        """Depth first, without recursion deeper than the XML parser allows."""
        yield from self._inside(root, self.kind)

    def _inside(self, element: Any, kind: PassageKind) -> Iterator[Passage]:
        for child in chosen(element):
            name = local(child)
            if name == "p":
                yield from self._paragraph(child, kind)
            elif name == "docPr":
                yield from self._alternative(child)
            elif name == "oMathPara":
                yield self._passage(PassageKind.EQUATION, " ".join(_texts(child)))
            elif name == "tr" and _is_deleted(child):
                yield from _Part(PassageKind.DELETED, "deleted row {}", LeftOut.DELETED, self.numbers).passages(child)
            elif name not in SKIPPED:
                inner = PassageKind.TABLE_CELL if name == "tc" and kind == PassageKind.BODY else kind
                yield from self._inside(child, inner)

    def _paragraph(self, paragraph: Any, kind: PassageKind) -> Iterator[Passage]:
        run = _Run()
        run.read(paragraph)
        yield self._passage(kind, "".join(run.text))
        if run.deleted:
            yield Passage(PassageKind.DELETED, self._here(kind), "".join(run.deleted), LeftOut.DELETED)
        if run.hidden:
            yield Passage(PassageKind.HIDDEN_TEXT, self._here(kind), "".join(run.hidden), self.left_out)
        for equation in run.equations:
            yield self._passage(PassageKind.EQUATION, " ".join(_texts(equation)))
        for box in run.boxes:
            inner = PassageKind.TEXT_BOX if kind in (PassageKind.BODY, PassageKind.TABLE_CELL) else kind
            yield from self._inside(box, inner)
        for properties in run.described:
            yield from self._alternative(properties)

    def _alternative(self, properties: Any) -> Iterator[Passage]:
        if text := described(properties.get("descr")):
            yield self._passage(PassageKind.ALT_TEXT, text)

    def _passage(self, kind: PassageKind, text: str) -> Passage:
        self.numbers[kind] = self.numbers.get(kind, 0) + 1
        return Passage(kind, self._here(kind), text, self.left_out)

    def _here(self, kind: PassageKind) -> str:
        if kind == self.kind:
            return self.place.format(self.numbers.get(kind, 1))
        return f"{kind.replace('_', ' ')} {self.numbers.get(kind, 1)}"


@dataclass
class _Run:
    """The text of one paragraph, with what has to be told apart from it."""

    text: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    boxes: list[Any] = field(default_factory=list)
    described: list[Any] = field(default_factory=list)
    equations: list[Any] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)
    page_numbers: int = 0
    """Of the fields that are open, those that show the number of a page."""

    def read(self, element: Any, into: list[str] | None = None) -> None:
        into = self.text if into is None else into
        for child in chosen(element):
            name = local(child)
            if name in ("t", "delText"):
                if not self.page_numbers:
                    (self.deleted if name == "delText" else into).append(child.text or "")
            elif name in GAPS:
                into.append(GAPS[name])
            elif name == "ruby":
                self._ruby(child, into)
            elif name == "instrText" and self.fields:
                code = self.fields[-1] + (child.text or "")
                self._end()
                self._begin(code)
            elif name == "fldChar":
                self._field(child.get(f"{WORD}fldCharType"))
            elif name in ("txbxContent", "txBody", "docPr"):
                if into is not self.deleted:
                    (self.described if name == "docPr" else self.boxes).append(child)
            elif name == "oMath":
                self.equations.append(child)
            elif name == "fldSimple":
                self._begin(child.get(f"{WORD}instr") or "")
                self.read(child, into)
                self._end()
            elif name not in SKIPPED:
                self.read(child, self._target(child, name, into))

    def _ruby(self, element: Any, into: list[str]) -> None:
        """The word, then how it is read."""
        for part in ("rubyBase", "rt"):
            for inner in element.iterfind(f"{WORD}{part}"):
                self.read(inner, into)
                into.append(" ")

    def _target(self, element: Any, name: str, into: list[str]) -> list[str]:
        if name in DELETED:
            return self.deleted
        vanish = element.find(f"{WORD}rPr/{WORD}vanish") if name == "r" else None
        if vanish is not None and vanish.get(f"{WORD}val") not in ("0", "false", "off"):
            return self.hidden
        return into

    def _field(self, kind: str | None) -> None:
        if kind == "begin":
            self._begin("")
        elif kind == "end" and self.fields:
            self._end()

    def _begin(self, code: str) -> None:
        self.fields.append(code)
        self.page_numbers += _is_page_number(code)

    def _end(self) -> None:
        self.page_numbers -= _is_page_number(self.fields.pop())


def _is_page_number(code: str) -> bool:
    words = code.split(maxsplit=1)
    return bool(words) and words[0].upper() in PAGE_FIELDS


def _is_deleted(row: Any) -> bool:
    return any(row.find(f"{WORD}trPr/{WORD}{mark}") is not None for mark in DELETED)


def _texts(equation: Any) -> Iterator[str]:
    """Words and numbers of an equation; how single letters and signs are written depends on who writes them."""
    texts = equation.iter("{http://schemas.openxmlformats.org/officeDocument/2006/math}t")
    return (word[0] for text in texts for word in EQUATION_WORD.finditer(text.text or ""))
