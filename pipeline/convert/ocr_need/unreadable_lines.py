"""Lines of a parsed page that cannot be read, which give way to what OCR reads in their place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from docling.datamodel.base_models import Page
from docling_core.types.doc.page import TextCell

from pipeline.convert.ocr_need.plausible_text import is_gibberish, is_unreadable


def unreadable_cells(cells: Sequence[TextCell]) -> list[TextCell]:
    """Cells whose characters stand for nothing, and those of fonts whose letters are of no language."""
    texts: dict[str, list[str]] = defaultdict(list)
    for cell in cells:
        if not cell.from_ocr:
            texts[_font(cell)].append(cell.text)
    gibberish = {font for font, parts in texts.items() if is_gibberish(" ".join(parts))}
    return [cell for cell in cells if not cell.from_ocr and (_font(cell) in gibberish or is_unreadable(cell.text))]


def drop_unreadable(page: Page) -> None:
    """Remove, in place, the lines that OCR reads, and their words."""
    parsed = page.parsed_page
    if parsed is None or not (lost := unreadable_cells(parsed.textline_cells)):
        return
    gone, fonts = set(map(id, lost)), {_font(cell) for cell in lost}
    boxes = [cell.rect.to_bounding_box() for cell in lost]
    parsed.textline_cells = [cell for cell in parsed.textline_cells if id(cell) not in gone]
    parsed.word_cells = [
        word
        for word in parsed.word_cells
        if _font(word) not in fonts
        or not any(word.rect.to_bounding_box().intersection_over_self(box) > 0.5 for box in boxes)
    ]


def unreadable_pages(pages: Iterable[Page]) -> list[str]:
    """A warning that names the pages where OCR has not replaced what cannot be read."""
    numbers = ", ".join(str(page.page_no) for page in pages if unreadable_cells(page.cells))
    return [f"Fonts without a right character map: text cannot be read on page {numbers}."] if numbers else []


def _font(cell: TextCell) -> str:
    return getattr(cell, "font_name", None) or ""
