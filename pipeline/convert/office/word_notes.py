"""Footnotes and endnotes behind the paragraph that refers to them; running headers and footers once.

Docling 2.143 puts both into the layer of page furniture, which no text and no chunk is made from.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from typing import Final

from lxml import etree

from pipeline.convert.office.names import FALSE, R, W, remove
from pipeline.convert.office.package import Package
from pipeline.convert.office.word_text import text_of, text_run
from pipeline.convert.page_numbers import NO_TEXT

Story = Callable[[etree._Element, str], None]
"""Makes the root of a part plain, given the part's name."""

SEPARATORS: Final = frozenset({"separator", "continuationSeparator", "continuationNotice"})
KINDS: Final = ("footnote", "endnote")
ROMAN: Final = ((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))


def place_notes(body: etree._Element, package: Package, part: str, make_plain: Story) -> None:
    """Each note's marker into the text, and the note behind its paragraph, or behind the table that this is in."""
    ends: dict[etree._Element, etree._Element] = {}
    for kind in KINDS:
        notes = _notes(kind, package, part, make_plain)
        number = 0
        for reference in list(body.iter(f"{W}{kind}Reference")):
            note = notes.pop(reference.get(f"{W}id", ""), None)
            if note is None:
                continue
            is_numbered = reference.get(f"{W}customMarkFollows", "0") in FALSE
            number += is_numbered
            marker = _marker(kind, number) if is_numbered else ""
            _put_behind(_anchor(reference), _with_marker(note, marker), ends)
            _put_marker(reference, marker)
            remove(note)


def _marker(kind: str, number: int) -> str:
    return f"[{number if kind == 'footnote' else _roman(number)}]"


def _roman(number: int) -> str:
    text = ""
    for value, letters in ROMAN:
        count, number = divmod(number, value)
        text += letters * count
    return text


def _notes(kind: str, package: Package, part: str, make_plain: Story) -> dict[str, etree._Element]:
    found: dict[str, etree._Element] = {}
    for name in package.related(part, f"{kind}s"):
        root = package.xml(name)
        if root is not None:
            make_plain(root, name)
            notes = (note for note in root.iter(f"{W}{kind}") if note.get(f"{W}type") not in SEPARATORS)
            found |= {note.get(f"{W}id", ""): note for note in notes}
    return found


def _put_marker(reference: etree._Element, marker: str) -> None:
    run = reference.getparent()
    if marker:
        run.addprevious(text_run(marker))
    run.remove(reference)


def _with_marker(note: etree._Element, marker: str) -> list[etree._Element]:
    blocks = [copy.deepcopy(block) for block in note if text_of(block)]
    first = next((block for block in blocks if block.tag == f"{W}p"), None)
    if first is not None and marker:
        begins = next((node.text or "" for node in first.iter(f"{W}t")), "")
        blank = "" if begins.startswith(" ") else " "
        first.insert(1 if first.find(f"{W}pPr") is not None else 0, text_run(marker + blank))
    for block in blocks:
        _drop_style(block)
    return blocks


def _anchor(reference: etree._Element) -> etree._Element:
    """The paragraph of a reference, or the outermost table around it."""
    tables = list(reference.iterancestors(f"{W}tbl"))
    return tables[-1] if tables else next(reference.iterancestors(f"{W}p"))


def _put_behind(
    anchor: etree._Element, blocks: list[etree._Element], ends: dict[etree._Element, etree._Element]
) -> None:
    """`ends` knows the last block that was put behind each anchor."""
    for block in blocks:
        ends.get(anchor, anchor).addnext(block)
        ends[anchor] = block


def running_parts(body: etree._Element, package: Package, part: str, kind: str) -> list[str]:
    """The header or footer parts that a section refers to, in the order of the sections."""
    links = package.relationships(part)
    names = (links.get(reference.get(f"{R}id", "")) for reference in body.iter(f"{W}{kind}Reference"))
    return list(dict.fromkeys(link.target for link in names if link is not None and not link.is_external))


def place_running(body: etree._Element, package: Package, part: str, make_plain: Story) -> None:
    """Each different text of a header at the top, of a footer at the end; page numbers alone are no text."""
    seen: set[str] = set()
    tops = _running(running_parts(body, package, part, "header"), package, make_plain, seen)
    bottoms = _running(running_parts(body, package, part, "footer"), package, make_plain, seen)
    body[0:0] = tops
    last = len(body) - 1 if len(body) and body[-1].tag == f"{W}sectPr" else len(body)
    body[last:last] = bottoms


def _running(names: Iterable[str], package: Package, make_plain: Story, seen: set[str]) -> list[etree._Element]:
    blocks = []
    for name in names:
        root = package.xml(name)
        if root is None:
            continue
        make_plain(root, name)
        for block in root:
            text = " ".join(text_of(block).split())
            if text not in seen and not NO_TEXT.fullmatch(text):
                seen.add(text)
                blocks.append(copy.deepcopy(block))
                _drop_style(blocks[-1])
        for block in list(root):
            remove(block)  # its text is in the body now
    return blocks


def _drop_style(block: etree._Element) -> None:
    """A header or note is text, whatever its style: no heading, no list item."""
    for properties in block.iter(f"{W}pPr"):
        for name in ("pStyle", "numPr", "outlineLvl"):
            for child in properties.findall(f"{W}{name}"):
                properties.remove(child)
