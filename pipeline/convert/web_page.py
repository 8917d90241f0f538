"""Several pieces of HTML, out of a message, a book or an archive, as one page for Docling."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from lxml import etree

from pipeline.convert.charset import declared_charset, decode
from pipeline.convert.html.page import parsed, refuse_depth
from pipeline.convert.html.struck import write_into_styles
from pipeline.convert.prepared import Attachment
from pipeline.convert.properties import Found

HEAD = '<!DOCTYPE html><html><head><meta charset="utf-8"></head><body>'
FOOT = "</body></html>"
SOURCE = re.compile(r"(<(?:img|image)\b[^>]*?\b(?:src|href)\s*=\s*)([\"'])(.*?)\2", re.I | re.S)
NOT_TEXT = ("script", "style", "template")


@dataclass(frozen=True)
class WebPage:
    """A page in UTF-8, what is known of it, and the files that come with it."""

    data: bytes
    found: Found = field(default_factory=Found)
    attached: Sequence[Attachment] = ()


def page_of(bodies: Iterable[str]) -> bytes:
    """The pieces one after the other in the body of a UTF-8 page."""
    return (HEAD + "\n".join(bodies) + FOOT).encode("utf-8", "replace")


def parsed_page(text: str | bytes) -> etree._Element | None:
    """The whole page; bytes are read by the charset that they declare."""
    return parsed(text if isinstance(text, str) else decode(text, declared_charset(text))[0])


def body_of(text: str | bytes, sheets: str = "") -> str:
    """What stands in the page's body, as HTML; bytes are read by the charset that they declare.

    `sheets` are the style sheets beside it.

    Raises PermanentError (UNSUPPORTED) for elements nested too deep.
    """
    page = parsed_page(text)
    if page is None:
        return ""
    refuse_depth(page)
    body = page.find("body")
    if body is None:
        return ""
    write_into_styles(page, sheets)
    etree.strip_elements(body, *NOT_TEXT, with_tail=False)
    inner = "".join(etree.tostring(child, encoding="unicode", method="html") for child in body)
    return html.escape(body.text or "") + inner


def with_pictures(body: str, pictures: dict[str, bytes]) -> str:
    """The HTML with pictures that came with it in the place of their addresses, each where it is shown first.

    Those are taken out of `pictures`: a picture is read once.
    """
    return SOURCE.sub(lambda match: _embedded(match, pictures), body) if pictures else body


def _embedded(match: re.Match[str], pictures: dict[str, bytes]) -> str:
    data = pictures.pop(html.unescape(match[3]), None)
    if data is None:
        return match[0]
    return f'{match[1]}"data:{_type(data)};base64,{base64.b64encode(data).decode()}"'


def _type(data: bytes) -> str:
    if data.startswith(b"\xff\xd8"):
        return "image/jpeg"
    return "image/gif" if data.startswith(b"GIF8") else "image/png"  # or whatever else: the content tells
