"""HTML within Markdown: what only looks like a tag stays text, and tags whose content Docling drops get others.

Docling 2.143 reads inline HTML without its meaning (links, struck text, boxes) and blocks as an HTML page.
"""

from __future__ import annotations

import re
from html import unescape

from pipeline.convert.html_elements import CHECKED, STRUCK_TAGS, UNCHECKED
from pipeline.convert.marks import STRUCK, address_behind

TAG = re.compile(r"<(/?)([A-Za-z][\w-]*+)([^<>]*+)>")
HTML_ELEMENT = re.compile(
    r"a|abbr|address|article|aside|audio|b|blockquote|body|br|button|caption|center|cite|code|col|colgroup|dd|del"
    r"|details|dfn|div|dl|dt|em|embed|figcaption|figure|font|footer|form|h[1-6]|head|header|hr|html|i|iframe|img"
    r"|input|ins|kbd|label|legend|li|link|main|mark|meta|nav|noscript|ol|option|p|picture|pre|q|s|samp|script|section"
    r"|select|small|source|span|strike|strong|style|sub|summary|sup|svg|table|tbody|td|textarea|tfoot|th|thead|time"
    r"|title|tr|tt|u|ul|var|video|wbr",
    re.I,
)
KEPT_AS = {"footer": "div", "noscript": "div", "tfoot": "tbody"}
DEEPENING = {"article", "aside", "blockquote", "center", "details", "div", "figure", "form", "main", "nav", "section"}
MAX_DEPTH = 60  # of these; Docling takes quadratic time in the depth
TARGET = re.compile(r"(?<![\w-])href\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.I)
BOX = re.compile(r"type\s*=\s*[\"']?(?:checkbox|radio)", re.I)
IS_CHECKED = re.compile(r"\bchecked\b", re.I)


class Tags:
    """Rewrites the tags of one text, in the order of the text."""

    def __init__(self) -> None:
        self._depth = 0
        self._link: tuple[str, int] | None = None

    def rewritten(self, text: str) -> str:
        """The text between two pieces of code."""
        return TAG.sub(self._tag, text)

    def _tag(self, tag: re.Match[str]) -> str:
        closing, name = bool(tag[1]), tag[2].lower()
        if (shown := _shown_as(name, tag[3])) is not None:
            return shown
        is_link = tag[3].startswith(":") or "@" in tag.group()
        if not (HTML_ELEMENT.fullmatch(name) or is_link) or self._is_too_deep(name, closing=closing):
            return f"&lt;{tag.group()[1:]}"
        if name == "a":
            return self._address(tag, closing=closing) + tag.group()
        return f"<{tag[1]}{KEPT_AS[name]}{tag[3]}>" if name in KEPT_AS else tag.group()

    def _address(self, tag: re.Match[str], *, closing: bool) -> str:
        """What stands before the end of a link: where it leads."""
        link, self._link = self._link, None
        if not closing:
            target = TARGET.search(tag[3])
            self._link = unescape(next(filter(None, target.groups()), "") if target else ""), tag.end()
        elif link:
            return address_behind(tag.string[link[1] : tag.start()], link[0])
        return ""

    def _is_too_deep(self, name: str, *, closing: bool) -> bool:
        if name not in DEEPENING:
            return False
        self._depth = max(0, self._depth + (-1 if closing else 1))
        return self._depth > MAX_DEPTH


def _shown_as(name: str, attributes: str) -> str | None:
    """The text that an element without text of its own is shown as; None for all others."""
    if name == "br":
        return " "  # Docling keeps it as text in tables and drops it elsewhere, joining words
    if name in STRUCK_TAGS:
        return STRUCK
    if name == "input" and BOX.search(attributes):
        return _escaped(CHECKED if IS_CHECKED.search(attributes) else UNCHECKED)
    return None


def _escaped(box: str) -> str:
    return f"&#91;{box[1:]}"  # else it might become a link
