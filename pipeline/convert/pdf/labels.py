"""What each block of a page is: heading, list item, caption, code, footnote, running header or footer, or text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from docling_core.types.doc import DocItemLabel as Label

from pipeline.convert.pdf.boxes import Box
from pipeline.convert.pdf.page_geometry import PageGeometry
from pipeline.convert.pdf.paragraphs import Block
from pipeline.convert.pdf.patterns import (
    BULLET,
    CAPTION,
    CAPTION_IN_SENTENCE,
    HEADING_WORD,
    ITALIC_FONT,
    LETTERS,
    NUMBERED_HEADING,
    PAGE_NUMBER,
    starts_list_item,
)

HEADER_ZONE, FOOTER_ZONE = 0.085, 0.925  # of the page height
PAGE_NUMBER_ZONE = 0.25  # of the page height from either edge: where a lone page number may stand
HEADING_RATIO, HEADING_RATIO_OCR = 1.12, 1.24  # to the body's text size; OCR sizes follow the ink
FOOTNOTE_RATIO = 0.88
FAR_POINTS = 99.0
CLAUSE_MARKS = ".;,"


class PageStyle:
    """What is usual on a page, which headings and notes stand out from."""

    def __init__(self, blocks: Sequence[Block], page: PageGeometry, body_size: float, body_bold: bool) -> None:
        fonts: Counter[str] = Counter()
        for block in blocks:
            for line in block.lines:
                fonts[line.font] += len(line.text)
        widths = sorted(block.box.width for block in blocks if len(block.lines) >= 2)
        self.font = fonts.most_common(1)[0][0] if fonts else ""
        self.column_width = widths[int(len(widths) * 0.75)] if widths else page.width
        self.size, self.bold, self.page = body_size, body_bold, page
        self.lowest = max((block.box.bottom for block in blocks), default=0.0)
        self.body_boxes = {id(block): block.box for block in blocks if not self.in_margin(block.box)}

    def in_margin(self, box: Box) -> bool:
        """Whether it stands where running headers and footers do."""
        return self.at_top(box) or self.at_bottom(box)

    def at_top(self, box: Box) -> bool:
        """Wholly within the upper margin of the page."""
        return box.bottom < HEADER_ZONE * self.page.height

    def at_bottom(self, box: Box) -> bool:
        """Wholly within the lower margin of the page."""
        return box.top > FOOTER_ZONE * self.page.height

    def is_last(self, box: Box) -> bool:
        """The lowest block, well down the page."""
        return box.bottom >= self.lowest and box.top > (1 - PAGE_NUMBER_ZONE) * self.page.height

    def gap(self, block: Block, box: Box) -> float:
        """Distance in points to the next block of the page's body, above or below."""
        distances = (
            min(abs(other.top - box.bottom), abs(box.top - other.bottom))
            for key, other in self.body_boxes.items()
            if key != id(block)
        )
        return min(distances, default=FAR_POINTS)


@dataclass(slots=True)
class Candidate:
    """A block with what its label is decided by."""

    block: Block
    style: PageStyle
    box: Box
    text: str
    word_count: int
    ratio: float
    gap: float

    @property
    def line_count(self) -> int:
        return len(self.block.lines)

    @property
    def from_ocr(self) -> bool:
        return self.block.lines[0].from_ocr

    @property
    def open_ended(self) -> bool:
        """Headings do not end in the marks that end clauses."""
        return self.text[-1:] not in CLAUSE_MARKS


def label_blocks(blocks: Sequence[Block], page: PageGeometry, body_size: float, body_bold: bool) -> list[Block]:
    """The blocks, labelled in place, top to bottom."""
    ordered = sorted(blocks, key=lambda block: block.box.top)
    style = PageStyle(ordered, page, body_size, body_bold)
    for block in ordered:
        candidate = _candidate(block, style)
        block.label = next((label for label, holds in RULES if holds(candidate)), Label.TEXT)
    return ordered


def _candidate(block: Block, style: PageStyle) -> Candidate:
    box, text = block.box, block.text
    ratio = block.size / style.size if style.size else 1.0
    return Candidate(block, style, box, text, len(text.split()), ratio, style.gap(block, box))


def _is_page_header(candidate: Candidate) -> bool:
    """A page number; other lines run only where pages repeat them (`document_rules.mark_running_lines`)."""
    return candidate.style.at_top(candidate.box) and bool(PAGE_NUMBER.match(candidate.text))


def _is_page_footer(candidate: Candidate) -> bool:
    """A page number in the margin, or alone under the text of a page with a deep margin."""
    if not PAGE_NUMBER.match(candidate.text):
        return False
    alone = candidate.gap > 2 * candidate.block.size and candidate.style.is_last(candidate.box)
    return alone or candidate.style.at_bottom(candidate.box)


def _is_code(candidate: Candidate) -> bool:
    if candidate.from_ocr or not all(line.monospaced for line in candidate.block.lines):
        return False
    long_enough = candidate.line_count >= 2 or candidate.word_count >= 2
    return long_enough and not starts_list_item(candidate.text)


def _is_caption(candidate: Candidate) -> bool:
    short = candidate.line_count <= 4 and candidate.word_count <= 60
    return short and bool(CAPTION.match(candidate.text)) and not CAPTION_IN_SENTENCE.match(candidate.text)


def _is_heading(candidate: Candidate) -> bool:
    """By size; by wording ("CAPÍTULO I"); in scans by a number, in digital text by weight or slant."""
    if not LETTERS.search(candidate.text):
        return False
    large = candidate.ratio >= (HEADING_RATIO_OCR if candidate.from_ocr else HEADING_RATIO)
    if large and candidate.line_count <= 3 and candidate.word_count <= 25:
        return True
    if _is_one_line(candidate, 10) and HEADING_WORD.match(candidate.text) and candidate.open_ended:
        return True
    if candidate.from_ocr:
        numbered = NUMBERED_HEADING.match(candidate.text) and candidate.text[-1:] != ":"
        return _is_one_line(candidate, 12) and bool(numbered) and candidate.open_ended
    return _is_bold_heading(candidate) or _is_italic_heading(candidate)


def _is_one_line(candidate: Candidate, max_words: int) -> bool:
    return candidate.line_count == 1 and candidate.word_count <= max_words


def _is_bold_heading(candidate: Candidate) -> bool:
    stands_out = candidate.block.bold and not candidate.style.bold and candidate.ratio >= 0.92
    short = candidate.line_count <= 2 and candidate.word_count <= 16
    return stands_out and short and candidate.open_ended and not BULLET.match(candidate.text)


def _is_italic_heading(candidate: Candidate) -> bool:
    """A short line of its own in an italic cut of another font than the body's."""
    font = candidate.block.lines[0].font
    italic = font != candidate.style.font and bool(ITALIC_FONT.search(font))
    worded = candidate.word_count > 1 and candidate.text[:1].isupper() and candidate.text[-1:] not in ".;,:!?)"
    alone = candidate.gap < 2.5 * candidate.block.size and candidate.box.width < 0.6 * candidate.style.column_width
    return italic and worded and alone and candidate.ratio >= 0.95 and _is_one_line(candidate, 8)


def _is_list_item(candidate: Candidate) -> bool:
    return candidate.block.lines[0].symbol_first or starts_list_item(candidate.text)


def _is_footnote(candidate: Candidate) -> bool:
    """Small print in the lower half under a short rule."""
    box, page = candidate.box, candidate.style.page
    if candidate.from_ocr or candidate.ratio > FOOTNOTE_RATIO or box.top <= 0.6 * page.height:
        return False
    return any(
        rule.width < 0.5 * page.width and 0 <= box.top - rule.top < 140 and rule.top > 0.5 * page.height
        for rule in page.horizontal_rules
    )


# The first rule that holds gives the label.
RULES: tuple[tuple[Label, Callable[[Candidate], bool]], ...] = (
    (Label.PAGE_HEADER, _is_page_header),
    (Label.PAGE_FOOTER, _is_page_footer),
    (Label.CODE, _is_code),
    (Label.CAPTION, _is_caption),
    (Label.SECTION_HEADER, _is_heading),
    (Label.LIST_ITEM, _is_list_item),
    (Label.FOOTNOTE, _is_footnote),
)
