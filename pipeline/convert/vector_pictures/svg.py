"""The texts of an SVG drawing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lxml import etree

from pipeline.convert import safe_xml

SVG: Final = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>|<!--.*?-->|<!DOCTYPE[^>\[]*>|\s)*<(?:\w+:)?svg\b", re.S
)
HEAD_BYTES: Final = 4096
NAMES: Final = frozenset({"text", "flowPara", "foreignObject"})
CLOSED: Final = frozenset({"text", "foreignObject", "metadata"})
HIDDEN: Final = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)


def is_svg(data: bytes) -> bool:
    """Whether an `svg` element comes first, behind XML's declarations and comments."""
    return SVG.match(data[:HEAD_BYTES]) is not None


def svg_lines(data: bytes) -> list[str]:
    """One for each text that is shown; its pieces stand where the program put them. Raises ValueError."""
    return texts_in(_parsed(data))


def shows_images(data: bytes) -> bool:
    """Whether pictures are part of it. Raises ValueError."""
    return next(_parsed(data).iter("{*}image"), None) is not None


def _parsed(data: bytes) -> etree._Element:
    try:
        return safe_xml.parse(data)
    except etree.XMLSyntaxError as error:
        raise ValueError("no XML") from error


def texts_in(root: etree._Element) -> list[str]:
    """The same of a drawing that is part of a page."""
    return [_text(element) for element in _shown(root)]


def _shown(root: etree._Element) -> Iterator[etree._Element]:
    """Texts that are neither hidden nor in another text, nor only defined; each element is looked at once."""
    pending = [root]
    while pending:
        element = pending.pop()
        name = etree.QName(element).localname if isinstance(element.tag, str) else ""
        if element.get("display") == "none" or HIDDEN.search(element.get("style", "")):
            continue
        if name in NAMES:
            yield element
        if name not in CLOSED:
            pending += reversed(element)


def _text(element: etree._Element) -> str:
    """Lines of a text are pieces with a place of their own."""
    parts = [element.text or ""]
    for piece in element.iterdescendants():
        is_placed = piece.get("x") is not None or piece.get("dy") is not None
        parts += [" " if is_placed or piece.tag == "br" else "", piece.text or "", piece.tail or ""]
    return "".join(parts)
