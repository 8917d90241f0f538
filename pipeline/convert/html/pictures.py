"""What pictures in an HTML page show, read by OCR and put behind them; not drawings, nor pictures elsewhere."""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import unquote_to_bytes

from lxml import etree

from pipeline.convert.pictures import PictureReader

DATA = re.compile(r"\s*data:image/(?!svg)[^,]*?(;\s*base64\s*)?,", re.I)
ADDRESSES = ("src", "href", "xlink:href")
CELLS = ("td", "th", "caption", "li", "dt", "dd")
BLOCKS = ("body", "div", "section", "article", "main", "aside", "header", "footer", "blockquote", "form", "center")


def read_pictures(page: etree._Element, reader: PictureReader) -> None:
    """In place: a paragraph each, or text within cells and list items."""
    for picture in list(page.iter("img", "image")):
        data = _data(picture)
        if lines := reader.lines(data) if data else []:
            _put_behind(picture, lines)


def _data(picture: etree._Element) -> bytes:
    address = next((value for name in ADDRESSES if (value := picture.get(name))), "")
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
