"""Running headers and footers are said once: the first of each stays in the body, since it may carry a process number.

Works on the finished document, so that no paragraph is broken where a page ends.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Sequence

from docling_core.types.doc import ContentLayer, DocItem, DoclingDocument, NodeItem, RefItem, TextItem
from docling_core.types.doc import DocItemLabel as Label

from pipeline.convert.pdf.patterns import PAGE_NUMBER

RUNNING = (Label.PAGE_HEADER, Label.PAGE_FOOTER)
NUMBER = re.compile(r"\d{1,18}")


def keep_first_running_texts(document: DoclingDocument) -> None:
    """Make, in place, the first of each distinct header and footer a text of the body; page numbers make no difference.

    A header stands before what its page begins with, a footer behind what its page ends with.
    """
    kept = _first_of_each(_running_items(document))
    # before which page each stands; footers of a page before headers of the next
    before = {item.self_ref: item.prov[0].page_no + (item.label == Label.PAGE_FOOTER) for item in kept}
    waiting = deque(sorted(kept, key=lambda item: (before[item.self_ref], item.label == Label.PAGE_HEADER)))
    children: list[RefItem] = []
    for child in document.body.children:
        if child.cref in before:
            continue
        page = _first_page(child.resolve(document), document)
        while waiting and page >= before[waiting[0].self_ref]:
            children.append(waiting.popleft().get_ref())
        children.append(child)
    document.body.children = children + [item.get_ref() for item in waiting]
    for item in kept:
        item.content_layer, item.label = ContentLayer.BODY, Label.TEXT


def _running_items(document: DoclingDocument) -> list[TextItem]:
    items = [item for item in document.texts if item.label in RUNNING and item.prov and item.text.strip()]
    at_top = [item for item in items if item.parent and item.parent.cref == document.body.self_ref]
    return sorted(at_top, key=lambda item: item.prov[0].page_no)


def _first_of_each(items: Sequence[TextItem]) -> list[TextItem]:
    shapes: dict[str, list[TextItem]] = defaultdict(list)
    for item in items:
        shapes[NUMBER.sub("#", _plain(item.text))].append(item)
    first: dict[tuple[str, tuple[str, ...]], int] = {}
    kept = []
    for shape, members in shapes.items():
        counting = _counting_places(members)
        for item in members:
            numbers = NUMBER.findall(item.text)
            said = tuple(number for place, number in enumerate(numbers) if place not in counting)
            page = item.prov[0].page_no  # what a page says twice is not running through the document
            if not PAGE_NUMBER.match(item.text) and first.setdefault((shape, said), page) == page:
                kept.append(item)
    return sorted(kept, key=lambda item: item.prov[0].page_no)


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _counting_places(items: Sequence[TextItem]) -> set[int]:
    """Which of the numbers in a running text go with the pages."""
    pages = [item.prov[0].page_no for item in items]
    if len(set(pages)) < 2:
        return set()
    columns = zip(*(map(int, NUMBER.findall(item.text)) for item in items), strict=True)
    return {
        place
        for place, column in enumerate(columns)
        if len({number - page for number, page in zip(column, pages, strict=True)}) == 1
    }


def _first_page(node: NodeItem, document: DoclingDocument) -> int:
    """The page on which an item of the body begins; 0 for furniture, before which nothing is put."""
    if node.content_layer != ContentLayer.BODY:
        return 0
    if isinstance(node, DocItem) and node.prov:
        return node.prov[0].page_no
    return next((page for child in node.children if (page := _first_page(child.resolve(document), document))), 0)
