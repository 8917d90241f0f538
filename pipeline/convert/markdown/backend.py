"""Docling's Markdown backend, changed in one thing: the text of a paragraph is one, whatever its formatting.

Docling 2.143 strips the text of each inline element and joins them with blanks: `preg**ão**` is "preg ão".
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any, Final

from docling.backend.md_backend import MarkdownDocumentBackend, _GfmStrikethrough
from marko import inline
from marko.block import HTMLBlock
from marko.element import Element

from pipeline.convert.html_elements import FORMATTING
from pipeline.convert.marks import STRUCK, address_behind, struck

STRUCK_TAG: Final = re.compile(r"</?(?:s|del|strike)(?:\s[^<>]*)?>", re.I)
FORMATTING_TAG: Final = re.compile(rf"</?(?:{'|'.join(sorted({*FORMATTING} - {'a'}))})(?:\s[^<>]*)?>", re.I)
LINE_BREAK: Final = ("<br>", "<br/>", "<br />")


class JoiningMarkdownBackend(MarkdownDocumentBackend):
    """Marks struck text and writes the addresses of links on the way, since joined text keeps no formatting."""

    def _iterate_elements(self, *, element: Element, depth: int, **arguments: Any) -> None:
        if depth == 0:
            join_inline(element)
        super()._iterate_elements(element=element, depth=depth, **arguments)


def join_inline(element: Element) -> None:
    """In place: neighbours that are text in any format become one raw text. Pictures stay, and a lone piece of code."""
    if isinstance(element, HTMLBlock):
        element.body = FORMATTING_TAG.sub("", STRUCK_TAG.sub(STRUCK, element.body))
    children = getattr(element, "children", None)
    if not isinstance(children, list) or not children:
        return
    if any(isinstance(child, inline.InlineElement) for child in children):
        if not (len(children) == 1 and isinstance(children[0], inline.CodeSpan)):
            element.children = list(_joined(children))  # type: ignore[attr-defined]
        return
    for child in children:
        join_inline(child)


def _joined(children: list[Element]) -> Iterator[Element]:
    raw = ""
    for child in children:
        if isinstance(child, inline.Image):
            yield from _raw_text(raw)
            yield child
            raw = ""
        else:
            raw += _raw(child)
    yield from _raw_text(raw)


def _raw_text(raw: str) -> Iterator[Element]:
    if raw.strip():
        yield inline.RawText(raw)


def _raw(element: Element) -> str:
    """The text as Docling expects it, with character references."""
    children = getattr(element, "children", "")
    if isinstance(element, inline.RawText):
        return str(children)
    if isinstance(element, inline.LineBreak):
        return " " if element.soft else "\n"
    if isinstance(element, inline.InlineHTML):
        return "\n" if str(children).lower() in LINE_BREAK else ""
    inner = "".join(map(_raw, children)) if isinstance(children, list) else html.escape(str(children), quote=False)
    if isinstance(element, _GfmStrikethrough):
        return struck(inner)
    if isinstance(element, inline.Link | inline.AutoLink):
        return inner + html.escape(address_behind(html.unescape(inner), element.dest), quote=False)
    return inner
