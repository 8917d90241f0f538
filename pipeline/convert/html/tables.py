"""Tables of an HTML page as browsers show them, where Docling 2.143 would lose rows and text.

It takes rows from `thead` and `tbody` only: not from `tfoot`, nor from a `form` around them, and no text beside cells.
"""

from __future__ import annotations

from lxml import etree

from pipeline.convert.html.rewrite import DROP, UNWRAP
from pipeline.convert.html.table_spans import bound_spans

CONTENT = {
    "table": {"caption", "colgroup", "col", "thead", "tbody", "tr", DROP},
    "thead": {"tr", DROP},
    "tbody": {"tr", DROP},
    "tr": {"td", "th", DROP},
}


def mend_tables(page: etree._Element) -> None:
    """In place: totals at the end, where browsers show them, and what stands beside the cells before the table."""
    for wrapper in list(page.iterfind(".//form")):  # around rows, as old pages have it
        if any(True for _ in wrapper.iterchildren("tr", "td", "tbody")):
            wrapper.tag = UNWRAP
    etree.strip_tags(page, UNWRAP)
    for table in list(page.iter("table")):
        for totals in list(table.iterchildren("tfoot")):
            totals.tag, totals.tail = "tbody", None
            table.append(totals)
    for part in list(page.iter(*CONTENT)):
        _move_strays_out(part)
    bound_spans(page)


def _move_strays_out(part: etree._Element) -> None:
    strays = [child for child in part if child.tag not in CONTENT[part.tag]]
    texts = [part.text, *(child.tail for child in part)]
    if not strays and not any(text and text.strip() for text in texts):
        return
    table = next(part.iterancestors("table"), None) if part.tag != "table" else part
    if table is None:
        return
    moved = etree.Element("div")
    moved.text = " ".join(text.strip() for text in texts if text and text.strip())
    part.text = None
    for child in part:
        child.tail = None
    moved.extend(strays)
    table.addprevious(moved)
