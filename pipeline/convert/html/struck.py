"""Struck text of an HTML page, which revokes what it says, between `~~` as Markdown has it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from lxml import etree

from pipeline.convert.html.rewrite import UNWRAP
from pipeline.convert.html_elements import STRUCK_TAGS
from pipeline.convert.marks import STRUCK

BLOCKS = (
    *("p", "div", "li", "td", "th", "tr", "table", "ul", "ol", "dl", "dt", "dd", "br", "pre", "section", "article"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "caption", "figure", "figcaption", "address", "hr"),
)
COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.S)
SELECTOR = re.compile(r"([a-z][a-z0-9]*)?(?:([.#])(-?[_a-z][\w-]*))?", re.I)
Selector = tuple[str, str, str]


def mark_struck(page: etree._Element) -> None:
    """In place: `s`, `strike`, `del`, and what inline styles or simple selectors of the page's style sheets strike."""
    selectors = _page_selectors(page)
    done: set[etree._Element] = set()
    for element in list(page.iter("*")):
        if element in done or not _is_struck(element, selectors):
            continue
        done.update(element.iter("*"))
        _mark(element)
    for element in page.iter(*STRUCK_TAGS):
        element.tag = UNWRAP  # Docling would know it as a format of its own, and cut the paragraph there


def write_into_styles(page: etree._Element, sheets: str = "") -> None:
    """What style sheets of the page, or beside it, strike is struck by its own `style`, and stays so elsewhere."""
    selectors = _page_selectors(page) | _striking_selectors(sheets)
    for element in page.iter("*") if selectors else ():
        if _is_selected(element, selectors):
            element.set("style", f"{element.get('style', '')};text-decoration:line-through")


def _page_selectors(page: etree._Element) -> set[Selector]:
    return {selector for sheet in page.iter("style") for selector in _striking_selectors(sheet.text or "")}


@lru_cache(maxsize=8)  # the chapters of a book share their sheets
def _striking_selectors(sheet: str) -> frozenset[Selector]:
    return frozenset(_selectors(sheet))


def _selectors(sheet: str) -> Iterator[Selector]:
    for rule in COMMENT.sub("", sheet).split("}"):
        head, _, style = rule.rpartition("{")
        if not _strikes(style):
            continue
        for selector in head.rpartition("{")[2].split(","):
            if match := SELECTOR.fullmatch(selector.strip()):
                yield (match[1] or "").lower(), match[2] or "", match[3] or ""


def _strikes(style: str) -> bool:
    declarations = (declaration.partition(":") for declaration in style.lower().split(";"))
    return any("line-through" in value and "text-decoration" in name for name, _, value in declarations)


def _is_struck(element: etree._Element, selectors: set[Selector]) -> bool:
    return element.tag in STRUCK_TAGS or _strikes(element.get("style", "")) or _is_selected(element, selectors)


def _is_selected(element: etree._Element, selectors: set[Selector]) -> bool:
    if not selectors:
        return False
    names = [("", ""), *((".", name) for name in element.get("class", "").split()), ("#", element.get("id", ""))]
    return any((tag, *name) in selectors for tag in ("", element.tag) for name in names if tag or name[1])


def _mark(element: etree._Element) -> None:
    """Around the whole text within one block, else around each text: a mark must not begin here and end elsewhere."""
    texts = list(_texts(element))
    if not texts:
        return
    if next(element.iterdescendants(*BLOCKS), None) is None:
        _put(*texts[0], before=STRUCK)
        _put(*texts[-1], after=STRUCK)
    else:
        for owner, name in texts:
            _put(owner, name, before=STRUCK, after=STRUCK)


def _texts(element: etree._Element) -> Iterator[tuple[etree._Element, str]]:
    """Where the element's own text stands, in reading order: owner and attribute."""
    for event, owner in etree.iterwalk(element, events=("start", "end")):
        name = "text" if event == "start" else "tail"
        if not (event == "end" and owner is element) and (getattr(owner, name) or "").strip():
            yield owner, name


def _put(owner: etree._Element, name: str, *, before: str = "", after: str = "") -> None:
    """Marks stand right at the words: blanks around them stay outside."""
    text = getattr(owner, name)
    words = text.strip()
    start = text.index(words)
    setattr(owner, name, f"{text[:start]}{before}{words}{after}{text[start + len(words) :]}")
