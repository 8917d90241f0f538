"""Formatting within a paragraph of HTML taken off, so that its text is one.

Docling 2.143 strips the text of each run in another format and joins the runs with blanks ("preg ão").
"""

from __future__ import annotations

from typing import Final

from lxml import etree

from pipeline.convert.html_elements import FORMATTING

CODE: Final = "code"


def join_formatting(page: etree._Element) -> None:
    """In place, in linear time; the last step, after what reads these elements. Blocks of code keep theirs."""
    blocks = {code for block in page.iter("pre") for code in block.iter(CODE)}
    for code in page.iter(CODE):
        if code not in blocks and not _is_alone(code):
            code.tag = "span"
    etree.strip_tags(page, *FORMATTING)


def _is_alone(code: etree._Element) -> bool:
    """A line of code as a paragraph of its own."""
    parent = code.getparent()
    return parent is not None and len(parent) == 1 and not ((parent.text or "") + (code.tail or "")).strip()
