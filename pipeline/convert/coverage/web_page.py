"""The passages of an HTML page: what a reader sees of it, by lxml."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from pipeline.convert.coverage.decoding import text_of
from pipeline.convert.coverage.package import local
from pipeline.convert.coverage.passages import LeftOut, Passage, PassageKind
from pipeline.convert.coverage.plain_text import data_uri_pictures

INLINE = {
    *(
        "a",
        "abbr",
        "b",
        "bdi",
        "bdo",
        "big",
        "cite",
        "code",
        "data",
        "dfn",
        "em",
        "font",
        "i",
        "ins",
        "kbd",
        "mark",
        "q",
    ),
    *("rp", "rt", "ruby", "samp", "small", "span", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr", "acronym"),
    *("label", "nobr"),
}
NEVER_SHOWN = {
    "script",
    "style",
    "template",
    "noscript",
    "head",
    "iframe",
    "object",
    "datalist",
    "select",
    "svg",
    "math",
}
STRUCK = {"del", "s", "strike"}
KINDS = {
    **dict.fromkeys(("td", "th", "caption"), PassageKind.TABLE_CELL),
    "header": PassageKind.HEADER,
    "footer": PassageKind.FOOTER,
}
NOT_DISPLAYED = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
DECLARED = re.compile(rb"<(?:meta|\?xml)[^<>]{0,300}?(?:charset|encoding)\s*=\s*[\"']?\s*([\w.:-]+)", re.I)
HEAD_BYTES = 4096
NOT_HTML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]|<\?xml[^<>]*\?>")
READINGS = ("rt", "rp")  # which stand behind the word
VALUES = {"text", "email", "tel", "url", "number", "date", ""}


def page_passages(data: bytes) -> Iterator[Passage]:
    """What a browser without scripts shows, and the pictures of data URIs; nothing for bytes that are no HTML."""
    root = _parsed(data)
    if root is None:
        return
    body = root.find("body")
    yield from _Page().passages(root if body is None else body)
    yield from data_uri_pictures(data)


def _parsed(data: bytes) -> Any:
    """As a tree."""
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    try:
        return etree.fromstring(NOT_HTML.sub("", text_of(data, _declared(data))).encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError:
        return None


def _declared(data: bytes) -> str:
    found = DECLARED.search(data[:HEAD_BYTES])
    return found[1].decode("latin-1") if found else ""


@dataclass
class _Page:
    """Text up to the next border of a block is a passage."""

    words: list[str] = field(default_factory=list)
    number: int = 0

    def passages(self, root: Any) -> Iterator[Passage]:
        yield from self._inside(root, PassageKind.BODY, None)
        yield from self._end(PassageKind.BODY, None)

    def _inside(self, element: Any, kind: PassageKind, left_out: LeftOut | None) -> Iterator[Passage]:
        self.words.append(element.text or "")
        for child in element:
            yield from self._child(child, kind, left_out)
            self.words += [" " if child.tag in READINGS else "", child.tail or ""]

    def _child(self, child: Any, kind: PassageKind, left_out: LeftOut | None) -> Iterator[Passage]:
        name = local(child)
        if name in NEVER_SHOWN or not name:
            return
        reason = _reason(child, name, left_out)
        self.words.append(" " if name in READINGS else "")
        if name in INLINE and reason == left_out:
            yield from self._inside(child, kind, left_out)
            return
        yield from self._end(kind, left_out)
        inner = KINDS.get(name, kind) if kind in (PassageKind.BODY, PassageKind.HEADER, PassageKind.FOOTER) else kind
        if text := _attribute(child, name):
            attribute = PassageKind.ALT_TEXT if name == "img" else PassageKind.FORM_VALUE
            yield Passage(attribute, f"block {self.number}", text, reason)
        yield from self._inside(child, inner, reason)
        yield from self._end(inner, reason)

    def _end(self, kind: PassageKind, left_out: LeftOut | None) -> Iterator[Passage]:
        text = "".join(self.words)
        self.words.clear()
        if text.strip():
            self.number += 1
            yield Passage(kind, f"block {self.number}", text, left_out)


def _reason(element: Any, name: str, left_out: LeftOut | None) -> LeftOut | None:
    if name in STRUCK:
        return LeftOut.DELETED
    if element.get("hidden") is not None or NOT_DISPLAYED.search(element.get("style", "")):
        return LeftOut.HIDDEN_TEXT
    return left_out


def _attribute(element: Any, name: str) -> str | None:
    if name == "img":
        return str(element.get("alt", ""))
    if name == "input" and element.get("type", "").lower() in VALUES:
        return str(element.get("value", ""))
    return None
