"""What only the whole document shows: which lines run through its pages, and which heading is its title."""

from __future__ import annotations

import re
import statistics
from collections import defaultdict
from collections.abc import Sequence

from docling.datamodel.base_models import AssembledUnit, Page, PageElement
from docling.datamodel.document import ConversionResult
from docling_core.types.doc import DocItemLabel as Label
from docling_core.types.doc import SectionHeaderItem, TitleItem

from pipeline.convert.pdf.lines import cell_box

TOP_ZONE, BOTTOM_ZONE = 0.14, 0.88  # of the page height: where running lines stand
SAME_HEIGHT_POINTS = 6
COMPARED_CHARACTERS = 80
MIN_REPEATS = 3  # pages; two for a document of two or three pages
WATERMARK_RATIO, WATERMARK_MIN_POINTS = 2.5, 30.0  # to the usual line height
TITLE_RATIO = 1.25  # to the usual line height
SAME_SIZE = 0.98
MAX_LARGEST_HEADINGS = 2  # more headings of the largest size are chapters, not a title
MOVABLE = {
    Label.TEXT, Label.SECTION_HEADER, Label.LIST_ITEM, Label.PAGE_HEADER, Label.PAGE_FOOTER, Label.FOOTNOTE
}  # fmt: skip


def mark_running_lines(pages: Sequence[Page]) -> None:
    """Relabel, in place, text repeated at the same height of several pages as page header or footer.

    Numbers are compared as equal, so "Página 1" and "Página 2" repeat.
    """
    if len(pages) < 2:
        return
    repeated: dict[tuple[Label, str, int, bool], list[tuple[AssembledUnit, PageElement]]] = defaultdict(list)
    for page in pages:
        if page.assembled is None or page.size is None:
            continue
        usual = statistics.median_low([_line_height(element) for element in page.assembled.elements] or [0.0])
        for element in page.assembled.elements:
            margin = _margin_of(element, page.size.height)
            label = margin or _as_watermark(element, usual)
            if label is not None and element.label in MOVABLE:
                text = re.sub(r"\d+", "#", (element.text or "").strip().lower())[:COMPARED_CHARACTERS]
                height = round(element.cluster.bbox.t / SAME_HEIGHT_POINTS)
                repeated[label, text, height, margin is not None].append((page.assembled, element))
    enough = max(2, min(MIN_REPEATS, len(pages) // 2))
    most = max(MIN_REPEATS, len(pages) / 2)
    for (label, _, _, in_margin), found in repeated.items():
        if len({element.page_no for _, element in found}) >= (enough if in_margin else most):
            for unit, element in found:
                _move_to_margin(unit, element, label)


def promote_title(result: ConversionResult) -> None:
    """Make the clearly largest heading of the first page the document's title (page assembly knows no titles)."""
    document = result.document
    headings = [
        (element.page_no, (element.text or "").strip(), _line_height(element))
        for element in result.assembled.elements
        if element.label == Label.SECTION_HEADER and element.cluster.cells
    ]
    if document is None or not headings:
        return
    first, largest = min(document.pages), max(height for _, _, height in headings)
    lines = [cell_box(cell).height for element in result.assembled.elements for cell in element.cluster.cells]
    rivals = [heading for heading in headings if heading[2] >= SAME_SIZE * largest]
    if largest < TITLE_RATIO * statistics.median(lines) or len(rivals) > MAX_LARGEST_HEADINGS:
        return
    title = next((text for page, text, _ in rivals if page == first), None)
    for item in document.texts:
        on_first = item.prov and item.prov[0].page_no == first
        if isinstance(item, SectionHeaderItem) and on_first and item.text.strip() == title:
            new = TitleItem(self_ref="#", text=item.text, orig=item.orig, prov=item.prov)
            document.replace_item(new_item=new, old_item=item)
            return


def _margin_of(element: PageElement, page_height: float) -> Label | None:
    if element.cluster.bbox.b < TOP_ZONE * page_height:
        return Label.PAGE_HEADER
    return Label.PAGE_FOOTER if element.cluster.bbox.t > BOTTOM_ZONE * page_height else None


def _as_watermark(element: PageElement, usual: float) -> Label | None:
    """Huge text at the same place of most pages lies under them, wherever on the page it stands."""
    huge = _line_height(element) >= max(WATERMARK_MIN_POINTS, WATERMARK_RATIO * usual)
    return Label.PAGE_FOOTER if huge else None


def _move_to_margin(unit: AssembledUnit, element: PageElement, label: Label) -> None:
    if element.label == label:
        return
    unit.body = [other for other in unit.body if other is not element]
    if all(other is not element for other in unit.headers):
        unit.headers.append(element)
    element.label = element.cluster.label = label


def _line_height(element: PageElement) -> float:
    return statistics.median([cell_box(cell).height for cell in element.cluster.cells] or [0.0])
