"""What Office wraps around text without being text: alternates, content controls, tracked changes, custom XML."""

from __future__ import annotations

import re
from typing import Final

from lxml import etree

from pipeline.convert.office.names import MC, W, local, remove, unwrap

WRAPPERS: Final = tuple(f"{W}{name}" for name in ("smartTag", "customXml", "ins", "moveTo", "fldSimple", "dir", "bdo"))
DELETED: Final = tuple(f"{W}{name}" for name in ("del", "moveFrom"))
PAGE_FIELD: Final = re.compile(r"\s*(?:PAGE|NUMPAGES|SECTIONPAGES|SECTION)\b", re.I)
SHOWS_SOMETHING: Final = frozenset(
    {
        "t",
        "blip",
        "imagedata",
        "chart",
        "relIds",
        "oMath",
        "sp",
        "pic",
        "graphicFrame",
        "OLEObject",
        "oleObj",
        "textpath",
    }
)


def resolve_alternates(root: etree._Element) -> None:
    """Of the forms in which a thing is written for newer and older programs, keep the first that shows something."""
    for alternate in list(root.iter(f"{MC}AlternateContent")):
        choices = [branch for branch in alternate if local(branch) == "Choice" and _shows_something(branch)]
        branch = choices[0] if choices else alternate.find(f"{MC}Fallback")
        if branch is None:
            remove(alternate)
        else:
            unwrap(alternate, branch)


def _shows_something(branch: etree._Element) -> bool:
    return any(isinstance(node.tag, str) and local(node) in SHOWS_SOMETHING for node in branch.iterdescendants())


def accept_changes(root: etree._Element) -> None:
    """Tracked changes as if accepted: deleted and moved-away text is gone, also rows and the ends of paragraphs."""
    for row in list(root.iter(f"{W}tr")):
        if any(row.find(f"{W}trPr/{mark}") is not None for mark in DELETED):
            remove(row)
    for paragraph in reversed(list(root.iter(f"{W}p"))):
        if any(paragraph.find(f"{W}pPr/{W}rPr/{mark}") is not None for mark in DELETED):
            _join_with_next(paragraph)
    for deleted in list(root.iter(*DELETED)):
        remove(deleted)


def _join_with_next(paragraph: etree._Element) -> None:
    """Its end is deleted: what is left of it stands at the beginning of the next paragraph."""
    following = paragraph.getnext()
    if following is None or following.tag != f"{W}p":
        return
    start = 1 if following.find(f"{W}pPr") is not None else 0
    following[start:start] = [child for child in paragraph if child.tag != f"{W}pPr"]
    remove(paragraph)


def unwrap_all(root: etree._Element) -> None:
    """Content controls, smart tags, custom XML, simple fields and insertions give way to what they hold."""
    for control in list(root.iter(f"{W}sdt")):
        content = control.find(f"{W}sdtContent")
        if content is None:
            remove(control)
        else:
            unwrap(control, content)
    for field in list(root.iter(f"{W}fldSimple")):
        if PAGE_FIELD.match(field.get(f"{W}instr", "")):
            remove(field)
    for wrapper in list(root.iter(*WRAPPERS)):
        for properties in wrapper.findall(f"{W}customXmlPr") + wrapper.findall(f"{W}smartTagPr"):
            wrapper.remove(properties)
        unwrap(wrapper)
