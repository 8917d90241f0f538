"""The passages of an XLSX: cells as shown, hidden sheets and rows, text boxes, headers, by lxml."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pipeline.convert.coverage.cell_values import NumberFormats, shown
from pipeline.convert.coverage.drawings import (
    DRAWING,
    ReadFile,
    charts,
    described,
    embedded,
    paragraph_text,
    running,
    smart_art,
)
from pipeline.convert.coverage.package import Package, local, number_of
from pipeline.convert.coverage.passages import LeftOut, Passage, PassageKind
from pipeline.convert.coverage.pictures import packed_pictures

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
RUNNING_PARTS = r"xl/drawings/vmlDrawing.*"
MAIN = "xl/workbook.xml"
PAGE_CODES = re.compile(r"(?:p[áa]g(?:ina)?s?\.?|page|folha|fls?\.)?\s*&P(?:\s*(?:/|de|of)\s*&N)?", re.I)
RUNNING_CODES = re.compile(r'&(?:"[^"]*"|K[\dA-F]{6}|K\d\d[+-]\d{3}|\d+|[A-Z&])', re.I)
LINK = re.compile(r'\s*HYPERLINK\(\s*"[^"]*"\s*[,;]\s*"([^"]+)"\s*\)\s*', re.I)  # shows its second part
SECTIONS = re.compile("&[LCR]", re.I)
LAST_COLUMN = 16_384
TRUE = ("verdadeiro", "true", "sim", "1")
FALSE = ("falso", "false", "não", "0")


def sheet_passages(data: bytes, read_file: ReadFile) -> Iterator[Passage]:
    """Cells as their formats show them, sheet by sheet, then notes, drawings and embedded files, read by
    `read_file`."""
    package = Package(data)
    strings = [_string(item) for item in package.xml("xl/sharedStrings.xml")]
    formats = NumberFormats(package.xml("xl/styles.xml"), package.xml(MAIN))
    parts, seen = dict(package.related(MAIN, "worksheet")), set[str]()
    for sheet in package.xml(MAIN).iter(f"{SHEET}sheet"):
        if (name := parts.pop(sheet.get(RELATION, ""), None)) is not None:  # a sheet is on one tab
            hidden = sheet.get("state", "visible") != "visible"
            yield from _Sheet(sheet.get("name", ""), hidden, strings, formats, seen).passages(package.xml(name))
    yield from _notes(package)
    for number, name in enumerate(package.matching(r"xl/drawings/drawing\d*\.xml"), 1):
        for element in package.xml(name).iter():
            if local(element) == "txBody":
                texts = map(paragraph_text, element.iter(f"{DRAWING}p"))
                yield from (Passage(PassageKind.TEXT_BOX, f"drawing {number}", text) for text in texts)
            elif local(element) == "cNvPr":
                yield Passage(PassageKind.ALT_TEXT, f"drawing {number}", described(element.get("descr")))
    yield from smart_art(package, "xl")
    yield from charts(package, "xl")
    yield from embedded(package, "xl", read_file)
    yield from packed_pictures(package, r"xl/media/[^/]+", RUNNING_PARTS)


@dataclass(frozen=True)
class _Sheet:
    name: str
    hidden: bool
    strings: list[str]
    formats: NumberFormats
    seen: set[str]

    def passages(self, root: Any) -> Iterator[Passage]:
        hidden_columns = _hidden_columns(root)
        for row in root.iter(f"{SHEET}row"):
            kind = self._kind(row.get("hidden") in ("1", "true"))
            for cell in row.iterfind(f"{SHEET}c"):
                inner = kind
                if hidden_columns and _column(cell.get("r", "")) in hidden_columns:
                    inner = self._kind(True)
                yield self._cell(cell, inner)
        for codes in root.iterfind(f"{SHEET}headerFooter/*"):
            kind = PassageKind.HEADER if "Header" in local(codes) else PassageKind.FOOTER
            for piece in SECTIONS.split(PAGE_CODES.sub(" ", codes.text or "")):
                yield running(kind, f"sheet {self.name}, {kind}", RUNNING_CODES.sub(" ", piece), self.seen)

    def _kind(self, is_hidden: bool) -> PassageKind:
        if self.hidden:
            return PassageKind.HIDDEN_SHEET
        return PassageKind.HIDDEN_ROW if is_hidden else PassageKind.TABLE_CELL

    def _cell(self, cell: Any, kind: PassageKind) -> Passage:
        place = f"sheet {self.name}, {cell.get('r', '?')}"
        text, spellings = self._value(cell)
        formula = cell.findtext(f"{SHEET}f")
        if formula is not None and not cell.findtext(f"{SHEET}v"):
            label = LINK.match(formula)
            return Passage(kind, place, label[1]) if label else Passage.uncounted(PassageKind.FORMULA, place)
        return Passage(kind, place, text, None, spellings)

    def _value(self, cell: Any) -> tuple[str, tuple[str, ...]]:
        kind, value = cell.get("t", "n"), cell.findtext(f"{SHEET}v") or ""
        if kind == "s":
            return (self.strings[int(value)] if value.isdigit() and int(value) < len(self.strings) else ""), ()
        if kind == "inlineStr":
            return _string(cell.find(f"{SHEET}is")), ()
        if kind == "b":
            return (TRUE[0], TRUE) if value == "1" else (FALSE[0], FALSE)
        if kind == "e":
            return "", ()
        if kind in ("str", "d"):
            return value, ()
        first, *others = shown(value, self.formats.of(cell.get("s", "0")), self.formats.from_1904)
        return first, tuple(others)


def _string(item: Any) -> str:
    """A string with its runs, without the phonetic reading of East Asian text."""
    if item is None:
        return ""
    texts = [item, *item.iterfind(f"{SHEET}r")]
    return "".join(text.findtext(f"{SHEET}t") or "" for text in texts)


def _hidden_columns(root: Any) -> set[int]:
    hidden = [column for column in root.iterfind(f"{SHEET}cols/{SHEET}col") if column.get("hidden") in ("1", "true")]
    spans = [(int(column.get("min", 0)), min(int(column.get("max", 0)), LAST_COLUMN)) for column in hidden]
    found: set[int] = set()
    end = 0
    for first, last in sorted(spans):  # each column once, however many spans hold it
        found.update(range(max(first, end + 1), last + 1))
        end = max(end, last)
    return found


def _column(reference: str) -> int:
    number = 0
    for letter in reference.rstrip("0123456789"):
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _notes(package: Package) -> Iterator[Passage]:
    for name in package.matching(r"xl/comments/?[^/]*\.xml"):
        for note in package.xml(name).iter(f"{SHEET}comment"):
            text = "".join(part.text or "" for part in note.iter(f"{SHEET}t"))
            place = f"comment {number_of(name)}, {note.get('ref', '?')}"
            yield Passage(PassageKind.COMMENT, place, text, LeftOut.COMMENT)
