"""What nobody writes in Word, cut to what Word allows: Docling's time for it is squared, or has no bound."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable
from typing import Final

from lxml import etree

from pipeline.convert.office.names import W, remove

MOST_RUNS: Final = 300  # of a paragraph; for each Docling looks at all of them
MOST_PIECES: Final = 1000  # of a run; XPath joins them by comparing each with all
MOST_SECTIONS: Final = 100  # for each python-docx looks at all before it; their headers are in the body by then
MOST_STYLES: Final = 20  # built on each other; Word stops at 11
UNKNOWN: Final = -1  # how deep a style is whose chain is being followed
LAST_LEVEL: Final = 8
LAST_NUMBER: Final = 32_767
LONGEST_MARKER: Final = 255
VALUE: Final = f"{W}val"
PLACEHOLDER: Final = re.compile(r"%\d+")
PROPERTIES: Final = f"{W}rPr"
DRAWN: Final = frozenset({f"{W}drawing", f"{W}pict", f"{W}object"})


def bound_body(body: etree._Element) -> None:
    """In place: paragraphs of many runs, levels of lists, sections."""
    for paragraph in body.iter(f"{W}p"):
        if len(paragraph) > MOST_RUNS:
            _join_runs(paragraph)
        for run in list(paragraph.iterchildren(f"{W}r")):
            if len(run) > MOST_PIECES:
                _part(run)
    _bound_levels(body)
    for section in list(body.iter(f"{W}sectPr"))[MOST_SECTIONS:-1]:
        remove(section)


def bound_numbering(root: etree._Element) -> None:
    """In place: nine levels for each list, numbers as high as Word's, markers no longer than a line."""
    _bound_levels(root)
    for list_ in root.iter(f"{W}abstractNum"):
        seen: set[str] = set()
        for level in list_.findall(f"{W}lvl"):
            depth = level.get(f"{W}ilvl", "")
            if depth in seen or not depth.isdigit() or int(depth[:3]) > LAST_LEVEL:
                list_.remove(level)
            seen.add(depth)
    for start in root.iter(f"{W}start", f"{W}startOverride"):
        _lower(start, LAST_NUMBER)
    for text in root.iter(f"{W}lvlText"):
        text.set(VALUE, _short(text.get(VALUE, "")))


def bound_styles(root: etree._Element) -> None:
    """In place: no style is built on a chain that is longer than any, or leads to itself."""
    _bound_levels(root)
    bases = {style.get(f"{W}styleId", ""): style.find(f"{W}basedOn") for style in root.iter(f"{W}style")}
    depths: dict[str, int] = {}
    for style in bases:
        chain, name = list[str](), style
        while name in bases and name not in depths:
            depths[name] = UNKNOWN
            chain.append(name)
            name = _value(bases[name])
        depth = depths.get(name, 0)
        for link in reversed(chain):
            if depth in (UNKNOWN, MOST_STYLES):
                _drop(bases[link])
                depth = 0
            depth += 1
            depths[link] = depth


def _value(element: etree._Element | None) -> str:
    return element.get(VALUE, "") if element is not None else ""


def _drop(element: etree._Element | None) -> None:
    if element is not None:
        remove(element)


def _bound_levels(root: etree._Element) -> None:
    for level in root.iter(f"{W}ilvl"):
        _lower(level, LAST_LEVEL)


def _lower(element: etree._Element, most: int) -> None:
    value = _value(element)
    if value.isdigit() and (len(value) > 9 or int(value) > most):
        element.set(VALUE, str(most))


def _short(marker: str) -> str:
    """With no more levels in it than there are."""
    places = list(PLACEHOLDER.finditer(marker))
    if len(places) > LAST_LEVEL + 1:
        marker = marker[: places[LAST_LEVEL + 1].start()]
    return marker[:LONGEST_MARKER]


def _join_runs(paragraph: etree._Element) -> None:
    """Neighbours of one format become one run; if they are too many even so, all have the same."""
    _merge(_filled(paragraph))
    runs = _filled(paragraph)
    if len(runs) > MOST_RUNS:
        for run in runs:
            for properties in run.findall(PROPERTIES):
                run.remove(properties)
        _merge(runs)


def _filled(paragraph: etree._Element) -> list[etree._Element]:
    """Runs with something in them; others go."""
    runs = list(paragraph.iterchildren(f"{W}r"))
    for run in runs:
        if all(child.tag == PROPERTIES for child in run):
            paragraph.remove(run)
    return list(paragraph.iterchildren(f"{W}r"))


def _merge(runs: Iterable[etree._Element]) -> None:
    first, kind = None, b""
    for run in runs:
        own, is_drawn = _kind(run), any(child.tag in DRAWN for child in run)
        if first is not None and own == kind and not is_drawn:
            first.extend([child for child in run if child.tag != PROPERTIES])
            remove(run)
        else:
            first, kind = run, own


def _part(run: etree._Element) -> None:
    """The run in several, none too long."""
    properties = run.find(PROPERTIES)
    pieces = [child for child in run if child is not properties]
    for start in reversed(range(MOST_PIECES, len(pieces), MOST_PIECES)):
        behind = etree.Element(run.tag)
        behind.extend([copy.deepcopy(properties)] if properties is not None else [])
        behind.extend(pieces[start : start + MOST_PIECES])
        run.addnext(behind)


def _kind(run: etree._Element) -> bytes:
    properties = run.find(PROPERTIES)
    return b"" if properties is None else bytes(etree.tostring(properties, with_tail=False))
