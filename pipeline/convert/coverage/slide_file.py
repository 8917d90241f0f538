"""The passages of a PPTX: slides, hidden ones, notes, masters, by lxml."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

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
from pipeline.convert.coverage.package import Package, local
from pipeline.convert.coverage.passages import LeftOut, Passage, PassageKind
from pipeline.convert.coverage.pictures import packed_pictures

SLIDE = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
RUNNING_PARTS = r"ppt/(?:slideMasters|slideLayouts|notesMasters|handoutMasters)/.+"
MAIN = "ppt/presentation.xml"
RUNNING = {"ftr": PassageKind.FOOTER, "hdr": PassageKind.HEADER, "dt": PassageKind.FOOTER}


def slide_passages(data: bytes, read_file: ReadFile) -> Iterator[Passage]:
    """Slides in their order with their notes, then masters, comments, diagrams, charts and embedded files."""
    package = Package(data)
    seen: set[str] = set()
    for number, name in enumerate(_slides(package), 1):
        root = package.xml(name)
        hidden = root.get("show") in ("0", "false")
        kind, place = (PassageKind.HIDDEN_SLIDE, "hidden slide") if hidden else (PassageKind.BODY, "slide")
        yield from _shapes(root, kind, f"{place} {number}", seen)
        for _, notes in package.related(name, "notesSlide"):
            yield from _shapes(package.xml(notes), PassageKind.NOTE, f"notes of slide {number}", seen)
    for number, name in enumerate(package.matching(r"ppt/(slideMasters|slideLayouts)/[^/]+\.xml"), 1):
        for shape in package.xml(name).iter(f"{SLIDE}sp"):
            if shape.find(f".//{SLIDE}ph") is None:
                for text in _paragraphs(shape):
                    yield Passage(PassageKind.SLIDE_MASTER, f"master or layout {number}", text, LeftOut.SLIDE_MASTER)
    yield from _comments(package)
    yield from smart_art(package, "ppt")
    yield from charts(package, "ppt")
    yield from embedded(package, "ppt", read_file)
    yield from packed_pictures(package, r"ppt/media/[^/]+", RUNNING_PARTS)


def _slides(package: Package) -> list[str]:
    """In the order of the presentation, each once; files of slides that are not in it are no part of the document."""
    parts = dict(package.related(MAIN, "slide"))
    ids = [slide.get(RELATION, "") for slide in package.xml(MAIN).iter(f"{SLIDE}sldId")]
    return list(dict.fromkeys(parts[name] for name in ids if name in parts))


def _shapes(root: Any, kind: PassageKind, place: str, seen: set[str]) -> Iterator[Passage]:
    pending = [root]
    while pending:
        element = pending.pop()
        name = local(element)
        if name == "cNvPr":
            yield Passage(PassageKind.ALT_TEXT, place, described(element.get("descr")))
        elif name in ("sp", "cxnSp"):
            yield from _shape(element, kind, place, seen)
        elif name == "tc":
            inner = PassageKind.TABLE_CELL if kind == PassageKind.BODY else kind
            yield from (Passage(inner, place, text) for text in _paragraphs(element))
            continue
        children = [child for child in element if local(child) not in ("txBody", "AlternateContent")]
        children += [child for branch in _branches(element) for child in branch]
        pending += reversed(children)


def _branches(element: Any) -> Iterator[Any]:
    """Of each alternate content the first branch that holds anything."""
    for alternatives in element.iterfind("{*}AlternateContent"):
        if (branch := next((branch for branch in alternatives if len(branch)), None)) is not None:
            yield branch


def _shape(shape: Any, kind: PassageKind, place: str, seen: set[str]) -> Iterator[Passage]:
    placeholder = shape.find(f"{SLIDE}nvSpPr/{SLIDE}nvPr/{SLIDE}ph")
    role = placeholder.get("type", "body") if placeholder is not None else "body"
    is_filled_in = role == "sldNum" or (role == "dt" and next(shape.iter(f"{DRAWING}fld"), None) is not None)
    for text in _paragraphs(shape):
        if is_filled_in:
            yield Passage(PassageKind.FOOTER, place, text, LeftOut.PAGE_NUMBER)
        elif role in RUNNING:
            yield running(RUNNING[role], place, text, seen)
        else:
            yield Passage(kind, place, text)


def _paragraphs(element: Any) -> Iterator[str]:
    bodies = [child for child in element.iter() if local(child) == "txBody"]
    return (paragraph_text(paragraph, ("slidenum",)) for body in bodies for paragraph in body.iter(f"{DRAWING}p"))


def _comments(package: Package) -> Iterator[Passage]:
    for number, name in enumerate(package.matching(r"ppt/comments/[^/]+\.xml"), 1):
        root = package.xml(name)
        for text in [*root.iter(f"{SLIDE}text"), *root.iter(f"{DRAWING}t")]:
            yield Passage(PassageKind.COMMENT, f"comments {number}", text.text or "", LeftOut.COMMENT)
