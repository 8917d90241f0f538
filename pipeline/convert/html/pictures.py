"""What pictures in an HTML page show, read and put behind them; pictures elsewhere are not fetched."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Protocol
from urllib.parse import unquote_to_bytes

from lxml import etree

DATA = re.compile(r"\s*data:image/[^,]*?(;\s*base64\s*)?,", re.I)
PICTURES = ("img", "image", "object", "embed", "input")
ADDRESSES = ("src", "href", "xlink:href", "data")
CELLS = ("td", "th", "caption", "li", "dt", "dd")
BLOCKS = ("body", "div", "section", "article", "main", "aside", "header", "footer", "blockquote", "form", "center")


class PictureLines(Protocol):
    """What reads pictures, by OCR."""

    def lines(self, data: bytes) -> list[str]:
        """The lines of text in a picture file; none when there are none or it cannot be read."""

    def warnings(self) -> list[str]:
        """What could not be read so far, for the document's own warnings."""


def read_pictures(page: etree._Element, reader: PictureLines) -> None:
    """In place: a paragraph each, or text within cells and list items."""
    for picture in list(page.iter(*PICTURES)):
        data = _data(picture)
        if lines := reader.lines(data) if data else []:
            _put_behind(picture, lines)


def _data(picture: etree._Element) -> bytes:
    return picture_data(next((value for name in ADDRESSES if (value := picture.get(name))), ""))


def picture_data(address: str) -> bytes:
    """The picture that an address holds itself, nothing for others."""
    found = DATA.match(address)
    if not found:
        return b""
    content = unquote_to_bytes(address[found.end() :])
    try:
        return base64.b64decode(content) if found[1] else content
    except binascii.Error:
        return b""


def _put_behind(picture: etree._Element, lines: list[str]) -> None:
    place = picture
    while (parent := place.getparent()) is not None and parent.tag not in (*CELLS, *BLOCKS):
        place = parent
    if parent is None:
        return
    if parent.tag in CELLS:
        place.tail = f" {' '.join(lines)} {place.tail or ''}"
        return
    behind = etree.Element("div")
    behind.tail, place.tail = place.tail, None
    for line in lines:
        etree.SubElement(behind, "p").text = line
    place.addnext(behind)
