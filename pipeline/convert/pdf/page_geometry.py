"""What stands where on a page: text lines, words, ruling lines, bitmaps and drawings. Decides nothing about meaning."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from docling.datamodel.base_models import Page

from pipeline.convert.pdf.boxes import Box, overlap_x
from pipeline.convert.pdf.lines import Line, Word, read_lines, read_words, words_of_ocr_line
from pipeline.convert.pdf.ocr_regions import page_bitmaps
from pipeline.convert.pdf.scanned_rules import find_rules, rules_scale
from pipeline.convert.pdf.watermarks import find_watermarks, words_outside

SCANNED_SHARE = 0.7  # share of OCR lines from which a page counts as scanned
RULE_THICKNESS_POINTS = 3.0


@dataclass(slots=True)
class PageGeometry:
    """All of one page that the rules look at; lengths in points."""

    width: float
    height: float
    lines: list[Line]
    words: list[Word]
    watermarks: list[Line] = field(default_factory=list)
    horizontal_rules: list[Box] = field(default_factory=list)
    vertical_rules: list[Box] = field(default_factory=list)
    bitmaps: list[Box] = field(default_factory=list)
    drawings: list[Box] = field(default_factory=list)

    @property
    def area(self) -> float:
        """In square points."""
        return self.width * self.height

    @property
    def scanned(self) -> bool:
        """Whether most of its lines were read by OCR."""
        return bool(self.lines) and sum(line.from_ocr for line in self.lines) > SCANNED_SHARE * len(self.lines)


def read_page(page: Page) -> PageGeometry:
    """Read a page that Docling has parsed and, where needed, run OCR on."""
    backend = page._backend
    if backend is None or page.size is None:
        raise ValueError(f"page {page.page_no} has no parsed content")
    segmented = backend.get_segmented_page()
    words = read_words(segmented.word_cells if segmented else [])
    lines = read_lines(page.cells, words)
    watermarks = find_watermarks(lines, page)
    if watermarks:  # the lines over them are read again without their words
        marked = {id(cell) for line in watermarks for cell in line.cells}
        words = words_outside(words, watermarks)
        lines = read_lines([cell for cell in page.cells if id(cell) not in marked], words)
    geometry = PageGeometry(page.size.width, page.size.height, lines, words, watermarks)
    strokes = [*(backend.get_shape_lines() or []), *(backend.get_thin_shape_boxes(max_thickness=2.5) or [])]
    _add_rules(geometry, [Box.from_docling(stroke) for stroke in strokes])
    geometry.drawings = [Box.from_docling(box) for box in backend.get_connected_shape_bounding_boxes() or []]
    geometry.bitmaps = page_bitmaps(page, page.size.width, page.size.height)
    if geometry.scanned:
        _add_scanned_rules(geometry, page)
        geometry.words = []  # words of the PDF are a hidden layer there, the OCR lines are what was read
    geometry.words += [word for line in lines if line.from_ocr for word in words_of_ocr_line(line)]
    return geometry


def _add_rules(geometry: PageGeometry, strokes: Iterable[Box]) -> None:
    for stroke in strokes:
        if stroke.width >= 12 and stroke.height <= RULE_THICKNESS_POINTS:
            geometry.horizontal_rules.append(stroke)
        elif stroke.height >= 6 and stroke.width <= RULE_THICKNESS_POINTS:
            geometry.vertical_rules.append(stroke)


def _add_scanned_rules(geometry: PageGeometry, page: Page) -> None:
    scale = rules_scale(geometry.width, geometry.height)
    image = page.get_image(scale=scale)
    if image is not None:
        horizontal, vertical = find_rules(image, scale)
        geometry.horizontal_rules += horizontal
        geometry.vertical_rules += vertical


def inside(line: Line, box: Box, pad: float = 1.0) -> bool:
    """Is the middle of the line in the box?"""
    return box.contains(line.center_x, line.center_y, pad)


def rule_above(rules: Iterable[Box], upper: Line, lower: Line) -> bool:
    """Does a horizontal rule separate two stacked lines over more than half of the lower one?"""
    return any(
        upper.center_y < rule.top < lower.center_y and overlap_x(rule, lower) > 0.5 * lower.width for rule in rules
    )
