"""What a sheet shows beside its cells: running header and footer, text boxes, diagrams, pictures, embedded files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lxml import etree

from pipeline.convert.office import drawing_texts
from pipeline.convert.office.markup import resolve_alternates
from pipeline.convert.office.names import XDR, A, R, S
from pipeline.convert.office.package import Package
from pipeline.convert.office.pieces import Paragraph, Piece
from pipeline.convert.office.symbols import OPEN, TICKED
from pipeline.convert.office.tools import Tools
from pipeline.convert.page_numbers import NO_TEXT

CODES: Final = re.compile(r'&(?:"[^"]*"|K(?:[0-9A-F]{6}|\d\d[+-]\d{3})|\d{1,3}|[BIUSEXYOHPNDTZFAG])', re.I)
PARTS: Final = re.compile(r"&[LCR]", re.I)


def extras(sheet: etree._Element, part: str, package: Package, tools: Tools, seen: set[str]) -> list[Piece]:
    """`seen` holds the running texts of the sheets before: each is kept once."""
    pieces: list[Piece] = [Paragraph(text) for text in _running(sheet, seen)]
    for name in package.related(part, "drawing"):
        root = package.xml(name)
        if root is not None:
            resolve_alternates(root)
            _tick(root, _states(sheet, part, package))
            pieces += [Paragraph(text) for text in _drawn(root, name, package, tools)]
    for name in (*package.related(part, "package"), *package.related(part, "oleObject")):
        pieces += tools.embedded(name, package)
    return pieces


def _states(sheet: etree._Element, part: str, package: Package) -> dict[str, str]:
    """Shape -> state of the box to tick that it is."""
    found = {}
    links = package.relationships(part)
    for control in sheet.iter(f"{S}control"):
        link = links.get(control.get(f"{R}id", ""))
        properties = package.xml(link.target) if link is not None and link.kind == "ctrlProp" else None
        if properties is not None and properties.get("objectType") in ("CheckBox", "Radio"):
            found[control.get("shapeId", "")] = TICKED if properties.get("checked") == "Checked" else OPEN
    return found


def _tick(root: etree._Element, states: dict[str, str]) -> None:
    for shape in root.iter(f"{XDR}sp"):
        properties = next(shape.iter(f"{XDR}cNvPr"), None)
        text = next(shape.iter(f"{A}t"), None)
        if properties is not None and text is not None and (state := states.get(properties.get("id", ""))):
            text.text = f"{state} {text.text or ''}"


def _running(sheet: etree._Element, seen: set[str]) -> Iterator[str]:
    for element in sheet.iterfind(f"{S}headerFooter/*"):
        for piece in PARTS.split(element.text or ""):
            text = " ".join(CODES.sub("", piece).replace("&&", "&").split())
            if text not in seen and not NO_TEXT.fullmatch(text):
                seen.add(text)
                yield text


def _drawn(root: etree._Element, part: str, package: Package, tools: Tools) -> Iterator[str]:
    for anchor in list(root):
        yield from drawing_texts.shape_paragraphs(anchor)
        yield from drawing_texts.diagram_texts(anchor, part, package)
        yield from drawing_texts.newer_chart_texts(anchor, part, package)
        yield from drawing_texts.axis_titles(anchor, part, package)
        for properties in anchor.iter(f"{XDR}cNvPr"):
            if said := drawing_texts.description(properties):
                yield said
        names = drawing_texts.picture_parts(anchor, part, package)
        for name in names:
            yield from tools.picture(name, package)
        if drawing_texts.are_metafiles(names):
            root.remove(anchor)
