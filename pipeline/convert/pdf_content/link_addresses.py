"""Where links of a PDF page lead, for readers of its text: `edital (https://…)`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, Self

from docling.datamodel.base_models import Page
from docling_core.types.doc import BoundingBox, CoordOrigin
from docling_core.types.doc.page import PdfHyperlink, SegmentedPdfPage, TextCell

from pipeline.convert.marks import address_behind

MAX_LINKS = 2000  # of a page
PUNCTUATION = re.compile(r"[.,;:!?)\]»”\"']+$")
LINE_HYPHEN = re.compile(r"(?<=\w)-\s")  # Docling takes it for that of a broken word, and the address is another
MAX_LINE_GAP = 1.0  # between the pieces of one link, in the height of a piece
EDGE_POINTS = 1.0


class _Area(NamedTuple):
    """A rectangle in points from the top left corner of the page."""

    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def of(cls, box: BoundingBox) -> Self:
        return cls(min(box.l, box.r), min(box.t, box.b), max(box.l, box.r), max(box.t, box.b))

    def holds(self, other: _Area) -> bool:
        """Whether the middle of the other is in it."""
        x, y = (other.left + other.right) / 2, (other.top + other.bottom) / 2
        return (
            self.left - EDGE_POINTS <= x <= self.right + EDGE_POINTS
            and self.top - EDGE_POINTS <= y <= self.bottom + EDGE_POINTS
        )


@dataclass
class _Link:
    """An address and the areas that lead there: one for each line of its text."""

    uri: str
    areas: list[_Area]

    def continues_in(self, uri: str, area: _Area) -> bool:
        last = self.areas[-1]
        gap = MAX_LINE_GAP * (last.bottom - last.top)
        return uri == self.uri and area.top - last.bottom <= gap and area.bottom > last.top


@dataclass(frozen=True)
class _Word:
    """A word of a line, which ends at a character of it; `cell` is the parser's own, if OCR did not read it."""

    text: str
    box: _Area
    line: TextCell
    end: int
    cell: TextCell | None = None

    def end_in(self, area: _Area) -> int:
        """Where the link ends within the line: before punctuation that stands outside of its area."""
        trailing = PUNCTUATION.search(self.text) if self.box.right > area.right + EDGE_POINTS else None
        return self.end - (len(trailing[0]) if trailing and trailing.start() else 0)


def write_addresses(page: Page) -> None:
    """In place, behind each link's text, unless it is the address; a link of a picture stands where the picture does.

    The page keeps no other record of where its links lead.
    """
    parsed, size = page.parsed_page, page.size
    if parsed is None or size is None or not parsed.hyperlinks:
        return
    cells = [(cell, _Area.of(cell.rect.to_bounding_box())) for cell in parsed.word_cells if cell.text.strip()]
    words = [word for line in parsed.textline_cells for word in _words(line, cells)]
    written: list[tuple[_Word, int, str]] = []
    for link in _links(parsed.hyperlinks[:MAX_LINKS], size.height):
        shown = [(word, area) for area in link.areas for word in words if area.holds(word.box)]
        said = LINE_HYPHEN.sub("", " ".join(word.text for word, _ in shown))
        address = address_behind(said, link.uri)
        if address and shown:
            word, area = shown[-1]
            written.append((word, word.end_in(area), address))
        elif address:
            _write_alone(address.strip(), link.areas[0], parsed)
    for word, end, address in sorted(written, key=lambda each: -each[1]):
        _insert(word, end, address)
    parsed.hyperlinks = []


def _links(found: Iterable[PdfHyperlink], page_height: float) -> list[_Link]:
    links: list[_Link] = []
    for each in found:
        area = _Area.of(each.rect.to_bounding_box().to_top_left_origin(page_height))
        uri = str(each.uri or "")
        if links and links[-1].continues_in(uri, area):
            links[-1].areas.append(area)
        elif uri:
            links.append(_Link(uri, [area]))
    return links


def _words(line: TextCell, cells: Iterable[tuple[TextCell, _Area]]) -> Iterator[_Word]:
    box = _Area.of(line.rect.to_bounding_box())
    if line.from_ocr:
        yield from _even_words(line, box)
        return
    position = 0
    for cell, place in cells:
        start = line.text.find(cell.text, position) if box.holds(place) else -1
        if start >= 0:
            position = start + len(cell.text)
            yield _Word(cell.text, place, line, position, cell)


def _even_words(line: TextCell, box: _Area) -> Iterator[_Word]:
    """OCR gives lines: each word takes the share of the width that its characters take of the text."""
    step = (box.right - box.left) / max(1, len(line.text))
    for found in re.finditer(r"\S+", line.text):
        edges = (box.left + found.start() * step, box.top, box.left + found.end() * step, box.bottom)
        yield _Word(found[0], _Area(*edges), line, found.end())


def _insert(word: _Word, end: int, address: str) -> None:
    word.line.text = word.line.text[:end] + address + word.line.text[end:]
    if word.cell is not None:
        place = len(word.text) - (word.end - end)
        word.cell.text = word.cell.text[:place] + address + word.cell.text[place:]


def _write_alone(text: str, area: _Area, parsed: SegmentedPdfPage) -> None:
    rectangle = parsed.hyperlinks[0].rect.from_bounding_box(
        BoundingBox(l=area.left, t=area.top, r=area.right, b=area.bottom, coord_origin=CoordOrigin.TOPLEFT)
    )
    cell = TextCell(index=len(parsed.textline_cells), rect=rectangle, text=text, orig=text, from_ocr=False)
    parsed.textline_cells.append(cell)
