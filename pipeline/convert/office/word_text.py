"""Runs and paragraphs of Word: new ones, and the text of those that there are."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from lxml import etree

from pipeline.convert.drop_caps import MOST_CAPS, gap_behind, words_in
from pipeline.convert.office.names import XML_SPACE, W


def text_run(text: str) -> etree._Element:
    """A run without formatting."""
    run = etree.Element(f"{W}r")
    run.append(new_text(text))
    return run


def new_text(text: str) -> etree._Element:
    """Text of a run, white space and all."""
    element = etree.Element(f"{W}t", {XML_SPACE: "preserve"})
    element.text = text
    return element


def paragraph_of(text: str) -> etree._Element:
    """A paragraph of its own."""
    paragraph = etree.Element(f"{W}p")
    paragraph.append(text_run(text))
    return paragraph


def text_of(block: etree._Element) -> str:
    """All text of a paragraph or table, words apart."""
    return " ".join(_pieces(block)).strip()


def _pieces(block: etree._Element) -> Iterator[str]:
    paragraphs = [block] if block.tag == f"{W}p" else list(block.iter(f"{W}p"))
    for paragraph in paragraphs:
        yield _own_text(paragraph)


def _shown_text(node: etree._Element) -> str:
    if node.tag == f"{W}t":
        return node.text or ""
    return "-" if node.tag == f"{W}noBreakHyphen" else " "


def join_drop_caps(body: etree._Element) -> None:
    """A first letter over several lines is a paragraph of its own in the file; it begins the one behind it."""
    every = (frame for frame in body.iter(f"{W}framePr") if frame.get(f"{W}dropCap", "none") != "none")
    frames = list(itertools.islice(every, MOST_CAPS))
    known = words_in(node.text or "" for node in body.iter(f"{W}t")) if frames else None
    for frame in frames:
        cap = next(frame.iterancestors(f"{W}p"))
        behind = cap.getnext()
        if known is None or behind is None or behind.tag != f"{W}p":
            continue
        gap = gap_behind(_own_text(cap), _own_text(behind), known)
        place = 1 if behind.find(f"{W}pPr") is not None else 0
        between = [text_run(gap)] if gap else []
        behind[place:place] = [*(child for child in cap if child.tag != f"{W}pPr"), *between]
        cap.getparent().remove(cap)


def _own_text(paragraph: etree._Element) -> str:
    return "".join(_shown_text(node) for node in paragraph.iter(f"{W}t", f"{W}tab", f"{W}br", f"{W}noBreakHyphen"))
