"""Lines of a parsed page that cannot be read, which give way to what OCR reads in their place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from docling.datamodel.base_models import Page
from docling_core.types.doc.page import TextCell

from pipeline.convert.ocr_need.plausible_text import is_gibberish, is_unreadable

LAST = 10**9


def unreadable_cells(cells: Sequence[TextCell]) -> list[TextCell]:
    """Cells whose characters stand for nothing, and those of fonts whose letters are of no language."""
    texts: dict[str, list[str]] = defaultdict(list)
    for cell in cells:
        if not cell.from_ocr:
            texts[_font(cell)].append(cell.text)
    gibberish = {font for font, parts in texts.items() if is_gibberish(" ".join(parts))}
    return [cell for cell in cells if not cell.from_ocr and (_font(cell) in gibberish or is_unreadable(cell.text))]


@dataclass(frozen=True)
class Dropped:
    """Lines that were dropped, by their place on the page, and the places, by identity, of those that remain."""

    cells: dict[int, TextCell]
    places: dict[int, int]


def drop_unreadable(page: Page) -> Dropped | None:
    """Remove, in place, the lines that OCR reads, and their words; None where there are none."""
    parsed = page.parsed_page
    if parsed is None or not (lost := unreadable_cells(parsed.textline_cells)):
        return None
    gone, fonts = set(map(id, lost)), {_font(cell) for cell in lost}
    cells, boxes = list(enumerate(parsed.textline_cells)), [_edges(cell) for cell in lost]
    parsed.textline_cells = [cell for _, cell in cells if id(cell) not in gone]
    parsed.word_cells = [
        word for word in parsed.word_cells if _font(word) not in fonts or _first_around(word, boxes) is None
    ]
    return Dropped(
        {place: cell for place, cell in cells if id(cell) in gone},
        {id(cell): place for place, cell in cells if id(cell) not in gone},
    )


def put_in_place(page: Page, dropped: Dropped) -> None:
    """Order the page's lines, in place, so that what OCR has read stands where the line was that it replaces.

    A line of which OCR has read nothing comes back, so that it is reported.
    """
    parsed = page.parsed_page
    if parsed is None:
        return
    boxes, numbers = [_edges(cell) for cell in dropped.cells.values()], list(dropped.cells)
    places: list[tuple[int, TextCell]] = []
    read: set[int] = set()
    for cell in parsed.textline_cells:
        place = dropped.places.get(id(cell))
        if place is None:
            around = _first_around(cell, boxes)
            place = LAST if around is None else numbers[around]
            read.add(place)
        places.append((place, cell))
    places += [(place, cell) for place, cell in dropped.cells.items() if place not in read]
    parsed.textline_cells = [cell for _, cell in sorted(places, key=lambda item: item[0])]
    for index, cell in enumerate(parsed.textline_cells):
        cell.index = index


def unreadable_pages(pages: Iterable[Page]) -> list[str]:
    """A warning that names the pages where OCR has not replaced what cannot be read."""
    numbers = ", ".join(str(page.page_no) for page in pages if unreadable_cells(page.cells))
    return [f"Fonts without a right character map: text cannot be read on page {numbers}."] if numbers else []


def _font(cell: TextCell) -> str:
    return getattr(cell, "font_name", None) or ""


def _edges(cell: TextCell) -> tuple[float, float, float, float]:
    box = cell.rect.to_bounding_box()
    return box.l, min(box.t, box.b), box.r, max(box.t, box.b)


def _first_around(cell: TextCell, boxes: Sequence[tuple[float, float, float, float]]) -> int | None:
    """Which of the boxes the middle of the cell lies in."""
    left, top, right, bottom = _edges(cell)
    x, y = (left + right) / 2, (top + bottom) / 2
    return next((n for n, box in enumerate(boxes) if box[0] <= x <= box[2] and box[1] <= y <= box[3]), None)
