"""Where links of a PDF page lead, for readers of its text: `edital (https://…)`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from docling.datamodel.base_models import Page
from docling_core.types.doc.page import PdfHyperlink, SegmentedPdfPage, TextCell

from pipeline.convert.marks import address_behind
from pipeline.convert.pdf.boxes import Box
from pipeline.convert.pdf.lines import cell_box

MAX_LINKS = 2000  # of a page
PUNCTUATION = re.compile(r"[.,;:!?)\]»”\"']+$")
LINE_HYPHEN = re.compile(r"(?<=\w)-\s")  # Docling takes it for that of a broken word, and the address is another
MAX_LINE_GAP = 1.0  # between the pieces of one link, in the height of a piece
EDGE_POINTS = 1.0


@dataclass
class _Link:
    """An address and the areas that lead there: one for each line of its text."""

    uri: str
    areas: list[Box]

    def continues_in(self, uri: str, area: Box) -> bool:
        last = self.areas[-1]
        return uri == self.uri and area.top - last.bottom <= MAX_LINE_GAP * last.height and area.bottom > last.top


@dataclass(frozen=True)
class _Word:
    """A word of a line, which ends at a character of it; `cell` is the parser's own, if OCR did not read it."""

    text: str
    box: Box
    line: TextCell
    end: int
    cell: TextCell | None = None

    def end_in(self, area: Box) -> int:
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
    cells = [(cell, cell_box(cell)) for cell in parsed.word_cells if cell.text.strip()]
    words = [word for line in parsed.textline_cells for word in _words(line, cells)]
    written: list[tuple[_Word, int, str]] = []
    for link in _links(parsed.hyperlinks[:MAX_LINKS], size.height):
        shown = [(word, area) for area in link.areas for word in words if _is_in(word.box, area)]
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
        area = Box.from_docling(each.rect.to_bounding_box().to_top_left_origin(page_height))
        uri = str(each.uri or "")
        if links and links[-1].continues_in(uri, area):
            links[-1].areas.append(area)
        elif uri:
            links.append(_Link(uri, [area]))
    return links


def _words(line: TextCell, cells: Iterable[tuple[TextCell, Box]]) -> Iterator[_Word]:
    box = cell_box(line)
    if line.from_ocr:
        yield from _even_words(line, box)
        return
    position = 0
    for cell, place in cells:
        start = line.text.find(cell.text, position) if _is_in(place, box) else -1
        if start >= 0:
            position = start + len(cell.text)
            yield _Word(cell.text, place, line, position, cell)


def _even_words(line: TextCell, box: Box) -> Iterator[_Word]:
    """OCR gives lines: each word takes the share of the width that its characters take of the text."""
    step = box.width / max(1, len(line.text))
    for found in re.finditer(r"\S+", line.text):
        edges = (box.left + found.start() * step, box.top, box.left + found.end() * step, box.bottom)
        yield _Word(found[0], Box(*edges), line, found.end())


def _is_in(box: Box, area: Box) -> bool:
    return area.contains(box.center_x, box.center_y, EDGE_POINTS)


def _insert(word: _Word, end: int, address: str) -> None:
    word.line.text = word.line.text[:end] + address + word.line.text[end:]
    if word.cell is not None:
        place = len(word.text) - (word.end - end)
        word.cell.text = word.cell.text[:place] + address + word.cell.text[place:]


def _write_alone(text: str, area: Box, parsed: SegmentedPdfPage) -> None:
    rectangle = parsed.hyperlinks[0].rect.from_bounding_box(area.to_docling())
    cell = TextCell(index=len(parsed.textline_cells), rect=rectangle, text=text, orig=text, from_ocr=False)
    parsed.textline_cells.append(cell)
