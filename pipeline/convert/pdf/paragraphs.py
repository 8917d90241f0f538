"""Text lines joined into paragraphs by spacing, indentation, size and style. Says nothing of what they mean."""

from __future__ import annotations

import re
import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from docling_core.types.doc import DocItemLabel

from pipeline.convert.pdf.boxes import Box, overlap_x, overlap_y, union
from pipeline.convert.pdf.drop_caps import join_drop_caps
from pipeline.convert.pdf.field_values import join_values
from pipeline.convert.pdf.lines import Line
from pipeline.convert.pdf.page_geometry import PageGeometry, rule_above
from pipeline.convert.pdf.patterns import CLAUSE_END, HEADING_WORD, NUMBERED_HEADING, SENTENCE_END, starts_list_item

SAME_SIZE, SAME_SIZE_OCR = 0.06, 0.2  # OCR boxes follow the ink, so their heights vary with the letters
INDENT = 0.8  # in text sizes; more starts a new paragraph
UNKNOWN_SPACING = 0.7  # in text sizes, where a page has too few lines to tell: covers one and a half spacing
SHORT_LINE = 0.18  # share of the width a sentence end leaves free on the last line of a paragraph
ROWS_LOOKED_BACK = 12
PARAGRAPH_ENDING = re.compile(r"[.;,:!?-]$")


@dataclass(slots=True)
class Block:
    """Lines that belong together, in reading order."""

    lines: list[Line]
    label: DocItemLabel = DocItemLabel.TEXT

    @property
    def box(self) -> Box:
        return union(self.lines)

    @property
    def text(self) -> str:
        return " ".join(line.text for line in self.lines)

    @property
    def size(self) -> float:
        return statistics.median(line.size for line in self.lines)

    @property
    def bold(self) -> bool:
        return all(line.bold for line in self.lines)


def build_paragraphs(lines: Iterable[Line], page: PageGeometry) -> list[Block]:
    """Blocks of the given lines, each line in exactly one. Fragments of one row are joined first, in place."""
    rows = _attach_markers(_join_fragments(join_values(join_drop_caps(lines))))
    below = _lines_below(rows)
    spacing = Spacing(rows, below)
    block_of: dict[int, Block] = {}
    blocks: list[Block] = []
    for index, line in enumerate(rows):
        if index not in block_of:
            block_of[index] = Block([line])
            blocks.append(block_of[index])
        follower = below.get(index)
        if follower is not None and follower not in block_of:
            block = block_of[index]
            if _continues(block, line, rows[follower], spacing, page):
                block.lines.append(rows[follower])
                block_of[follower] = block
    return blocks


class Spacing:
    """The usual gap between the lines of a paragraph, for each text size of the page."""

    def __init__(self, lines: Sequence[Line], below: dict[int, int]) -> None:
        gaps: dict[int, list[float]] = defaultdict(list)
        for upper, lower in below.items():
            a, b = lines[upper], lines[lower]
            if abs(a.size - b.size) <= 0.12 * max(a.size, b.size):
                gaps[round(a.size)].append(b.top - a.bottom)
        self._usual = {size: statistics.median_low(values) for size, values in gaps.items() if len(values) >= 3}
        everything = [gap for values in gaps.values() for gap in values]
        self._default = statistics.median_low(everything) if len(everything) >= 3 else None

    def limit(self, line: Line) -> float:
        """The widest gap below `line` that still belongs to its paragraph, in points."""
        usual = self._usual.get(round(line.size), self._default)
        if line.from_ocr:
            known = usual is not None and usual < 0.5 * line.size
            return max(usual or 0, 0) + 0.3 * line.size if known else 0.45 * line.size
        if usual is None or usual >= 0.9 * line.size:
            return UNKNOWN_SPACING * line.size
        return max(usual * 1.4, usual + 0.2 * line.size)


def _join_fragments(lines: Iterable[Line]) -> list[Line]:
    """Pieces of one row with no more than a wide space between them become one line."""
    rows: list[Line] = []
    for line in sorted(lines, key=lambda line: (round(line.center_y), line.left)):
        host = next((row for row in reversed(rows[-ROWS_LOOKED_BACK:]) if _same_row(row, line)), None)
        if host is None:
            rows.append(line)
            continue
        host.bold, host.monospaced = host.bold and line.bold, host.monospaced and line.monospaced
        host.absorb(line)
    return sorted(rows, key=lambda line: (line.top, line.left))


def _same_row(row: Line, line: Line) -> bool:
    close = -2 <= line.left - row.right < 1.1 * max(row.size, line.size)
    return close and overlap_y(row, line) > 0.6 * min(row.height, line.height)


def _attach_markers(lines: list[Line]) -> list[Line]:
    """A bullet that stands alone, far from its text, joins the line to its right."""
    attached: set[int] = set()
    for index, marker in enumerate(lines):
        if len(marker.text) > 4 or not starts_list_item(f"{marker.text} x"):
            continue
        for other, line in enumerate(lines):
            beside = 0 <= line.left - marker.right < 5 * max(line.size, 8)
            level = overlap_y(marker, line) > 0.4 * min(marker.height, line.height)
            if other != index and other not in attached and beside and level:
                line.absorb(marker, before=True)
                attached.add(index)
                break
    return [line for index, line in enumerate(lines) if index not in attached]


def _lines_below(lines: Sequence[Line]) -> dict[int, int]:
    """For each line the next one under it that shares most of its width; lines are sorted by top."""
    below: dict[int, int] = {}
    for index, upper in enumerate(lines):
        for other in range(index + 1, len(lines)):
            lower = lines[other]
            if lower.top - upper.bottom > 1.3 * max(upper.size, lower.size):
                break
            if lower.top < upper.bottom - 0.5 * min(upper.height, lower.height):
                continue
            if overlap_x(upper, lower) > 0.5 * min(upper.width, lower.width):
                below[index] = other
                break
    return below


def _continues(block: Block, upper: Line, lower: Line, spacing: Spacing, page: PageGeometry) -> bool:
    """Does `lower` go on with the paragraph that ends in `upper`?"""
    ocr = upper.from_ocr or lower.from_ocr
    if abs(upper.size - lower.size) > (SAME_SIZE_OCR if ocr else SAME_SIZE) * max(upper.size, lower.size):
        return False
    if upper.monospaced != lower.monospaced or (not ocr and not _same_weight(block, upper, lower)):
        return False
    limit, gap = spacing.limit(upper), lower.top - upper.bottom
    if gap > limit or (upper.from_ocr and _scanned_heading_ends(block, upper, lower, gap, limit)):
        return False
    if rule_above(page.horizontal_rules, upper, lower) or lower.symbol_first or starts_list_item(lower.text):
        return False
    first = block.lines[0]
    if first.symbol_first or starts_list_item(first.text):
        return not _list_item_ends(block, upper, lower)
    return not _paragraph_ends(block, upper, lower)


def _same_weight(block: Block, upper: Line, lower: Line) -> bool:
    """A change of weight ends a paragraph, but not within a sentence, nor for a short bold tail of a regular one."""
    if upper.bold == lower.bold or (not block.lines[0].bold and len(lower.text.split()) <= 3):
        return True
    full = upper.right > lower.right - upper.size
    return full and not SENTENCE_END.search(upper.text) and lower.text[:1].islower()


def _scanned_heading_ends(block: Block, upper: Line, lower: Line, gap: float, limit: float) -> bool:
    """OCR shows no font, so a heading is told from its paragraph by length, wording and space."""
    if len(block.lines) == 1 and len(upper.text.split()) <= 12 and not PARAGRAPH_ENDING.search(upper.text):
        short = upper.width < 0.75 * lower.width
        worded = NUMBERED_HEADING.match(upper.text) or HEADING_WORD.match(upper.text)
        if short and (worded or (gap > 0.5 * limit and lower.text[:1].isupper())):
            return True
    numbered = NUMBERED_HEADING.match(lower.text) and len(lower.text.split()) <= 10
    return bool(numbered and CLAUSE_END.search(upper.text))


def _list_item_ends(block: Block, upper: Line, lower: Line) -> bool:
    first, box = block.lines[0], block.box
    if lower.left < first.left - 3:
        return True
    if len(block.lines) > 1 and abs(lower.left - block.lines[-1].left) > 1.2 * upper.size:
        return True
    width = max(box.width, lower.width)
    short = upper.right < box.right - 0.12 * width
    return lower.left <= first.left + 2 and short and bool(CLAUSE_END.search(upper.text))


def _paragraph_ends(block: Block, upper: Line, lower: Line) -> bool:
    centered = abs(upper.center_x - lower.center_x) < 4
    if not centered:
        if lower.left - upper.left > INDENT * upper.size:
            return True
        if len(block.lines) > 1 and upper.left - lower.left > INDENT * upper.size:
            return True
    box = block.box
    width = max(box.width, lower.width)
    short = upper.right < max(box.right, lower.right) - SHORT_LINE * width
    ended = bool(SENTENCE_END.search(upper.text)) and lower.text[:1].isupper()
    return not upper.monospaced and short and ended
