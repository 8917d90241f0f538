"""Text lines and words of a page, out of Docling's cells: each line once, with its size, style and source."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from docling_core.types.doc.page import PdfCellRenderingMode, PdfTextCell, TextCell

from pipeline.convert.pdf.boxes import Box, overlap_y, union
from pipeline.convert.pdf.patterns import BOLD_FONT, MONOSPACED_FONT, SYMBOL_FONT
from pipeline.convert.pdf.text_size import TextSizes

STYLE_SHARE = 0.7  # share of a line's characters that makes the line bold or monospaced
MAX_SYMBOL_LENGTH = 10  # a longer first word in a symbol font is text, not a bullet
CAP_RATIO, MAX_CAP_LENGTH = 1.8, 2  # of a drop cap to its line, and with the quotation mark before it
SLANT_DEGREES = 10  # less is a page that was scanned askew
INVISIBLE_MODES = {PdfCellRenderingMode.INVISIBLE, PdfCellRenderingMode.ONLY_CLIPPING}


@dataclass(slots=True)
class Word:
    """A word where it stands, with the name of its font if the PDF gives one."""

    box: Box
    text: str
    font: str = ""

    @property
    def bold(self) -> bool:
        return bool(BOLD_FONT.search(self.font))


@dataclass(slots=True)
class Line(Box):
    """One text line; `size` is the usual word height in points, `confidence` is 1 for digital text."""

    text: str
    cells: list[TextCell]
    size: float
    from_ocr: bool = False
    confidence: float = 1.0
    bold: bool = False
    monospaced: bool = False
    symbol_first: bool = False
    font: str = ""
    angle: float = 0.0
    """Degrees that the text rises against the page, from 0 to 360."""

    @property
    def turned(self) -> bool:
        """Does the text run along the side of a page, or on its head?"""
        return SLANT_DEGREES < self.angle < 360 - SLANT_DEGREES

    def absorb(self, other: Line, *, before: bool = False) -> None:
        """Grow by a line of the same row; `before` puts its text first."""
        first, second = (other, self) if before else (self, other)
        self.text, self.cells = f"{first.text} {second.text}", first.cells + second.cells
        self.left, self.top = min(self.left, other.left), min(self.top, other.top)
        self.right, self.bottom = max(self.right, other.right), max(self.bottom, other.bottom)


def cell_box(cell: TextCell) -> Box:
    """The rectangle around a cell, which may be turned."""
    return Box.from_docling(cell.rect.to_bounding_box())


def is_hidden(cell: TextCell) -> bool:
    """Is the text there but not painted, such as the layer that makes a scan searchable?"""
    return isinstance(cell, PdfTextCell) and cell.rendering_mode in INVISIBLE_MODES


def rows_of(lines: Iterable[Line]) -> list[list[Line]]:
    """Lines grouped by the row they stand in, top to bottom, left to right."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: (line.center_y, line.left)):
        if rows and overlap_y(rows[-1][0], line) > 0.5 * min(rows[-1][0].height, line.height):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [sorted(row, key=lambda line: line.left) for row in rows]


def read_words(cells: Iterable[TextCell]) -> list[Word]:
    """From top to bottom, as `read_lines` wants them; blanks are none."""
    words = [
        Word(cell_box(cell), cell.text, getattr(cell, "font_name", None) or "") for cell in cells if cell.text.strip()
    ]
    return sorted(words, key=lambda word: word.box.center_y)


def read_lines(cells: Iterable[TextCell], words: Sequence[Word]) -> list[Line]:
    """Lines of the cells; `words` are those of `read_words` and tell sizes and fonts."""
    sizes = TextSizes(words)
    centers = [word.box.center_y for word in words]
    lines: list[Line] = []
    seen: dict[str, list[Box]] = {}
    for cell in _without_hidden_doubles(list(cells)):
        text, box = cell.text.strip(), cell_box(cell)
        if not text or box.height <= 0 or box.width <= 0 or _drawn_before(text, box, seen):
            continue
        if not cell.from_ocr:
            members = _words_in(box, words, centers)
            lines += _without_cap(_digital_line(cell, text, box, members, sizes), members)
        elif lines and lines[-1].from_ocr and _continues_row(lines[-1], box):
            _append_word(lines[-1], cell, text, box)
        else:
            confidence = float(cell.confidence or 1.0)
            lines.append(Line(box.left, box.top, box.right, box.bottom, text, [cell], box.height, True, confidence))
    return lines


def _without_hidden_doubles(cells: list[TextCell]) -> list[TextCell]:
    """Cells without the hidden ones that lie under painted text: what is read there is what is seen."""
    if not any(map(is_hidden, cells)):
        return cells
    painted = [cell_box(cell) for cell in cells if not is_hidden(cell) and cell.text.strip()]
    boxes = ((cell, cell_box(cell)) for cell in cells)
    return [
        cell
        for cell, box in boxes
        if not is_hidden(cell) or not any(other.contains(box.center_x, box.center_y) for other in painted)
    ]


def _drawn_before(text: str, box: Box, seen: dict[str, list[Box]]) -> bool:
    """Some writers draw a text twice, a hair apart, to make it look bold or shadowed."""
    earlier = seen.setdefault(text, [])
    near = 0.3 * box.height
    doubled = any(
        abs(other.left - box.left) < near and abs(other.top - box.top) < near and abs(other.right - box.right) < near
        for other in earlier
    )
    earlier.append(box)
    return doubled


def _digital_line(cell: TextCell, text: str, box: Box, members: Sequence[Word], page_sizes: TextSizes) -> Line:
    """A line of the PDF's own text, with size and style voted by the characters of its words."""
    line = Line(box.left, box.top, box.right, box.bottom, text, [cell], box.height, angle=cell.rect.angle_360)
    if not members:
        font = getattr(cell, "font_name", None) or ""
        line.bold, line.monospaced = bool(BOLD_FONT.search(font)), bool(MONOSPACED_FONT.search(font))
        line.font = font.split("+")[-1]
        return line
    members = _of_its_height(line, members)
    sizes: Counter[float] = Counter()
    fonts: Counter[str] = Counter()
    for word in members:
        sizes[round(page_sizes.size(word) * 2) / 2] += len(word.text)
        fonts[word.font.split("+")[-1]] += len(word.text)
    total = fonts.total()
    line.size, line.font = sizes.most_common(1)[0][0], fonts.most_common(1)[0][0]
    line.bold = sum(len(word.text) for word in members if word.bold) > STYLE_SHARE * total
    line.monospaced = sum(len(word.text) for word in members if MONOSPACED_FONT.search(word.font)) > STYLE_SHARE * total
    first = min(members, key=lambda word: word.box.left)
    line.symbol_first = bool(
        SYMBOL_FONT.search(first.font)
        and line.font != first.font.split("+")[-1]
        and len(first.text) <= MAX_SYMBOL_LENGTH
    )
    return line


def _of_its_height(line: Line, members: Sequence[Word]) -> Sequence[Word]:
    """The words of a high line, such as a watermark, without those of smaller lines that lie over it."""
    high = [word for word in members if word.box.height >= 0.5 * line.height]
    if len(high) == len(members):
        return members
    high = [word for word in high if word.text in line.text]
    covered = sum(len(word.text) for word in high) >= 0.8 * len("".join(line.text.split()))
    return high if covered else members


def _without_cap(line: Line, members: Sequence[Word]) -> list[Line]:
    """The line; where it begins with a letter far higher than itself, that letter and the rest, which it stretched."""
    if line.height < CAP_RATIO * line.size or len(members) < 2 or line.turned:
        return [line]
    cap, *rest = sorted(members, key=lambda word: word.box.left)
    cell, remaining = line.cells[0], line.text[len(cap.text) :].lstrip()
    if len(cap.text) > MAX_CAP_LENGTH or cap.box.height < CAP_RATIO * line.size or not line.text.startswith(cap.text):
        return [line]
    following = next((word for word in rest if remaining.startswith(word.text)), rest[0])
    box = union([word.box for word in rest if overlap_y(word.box, following.box) > 0.5 * following.box.height])
    body = replace(line, left=box.left, top=box.top, right=box.right, bottom=box.bottom, text=remaining)
    body.cells = [cell.model_copy(update={"text": remaining})]
    letter = cell.model_copy(update={"text": cap.text})
    edges = (cap.box.left, cap.box.top, cap.box.right, cap.box.bottom)
    return [Line(*edges, cap.text, [letter], cap.box.height, font=line.font), body]


def _words_in(box: Box, words: Sequence[Word], centers: list[float]) -> list[Word]:
    members = []
    for index in range(bisect_left(centers, box.top), len(words)):
        if centers[index] > box.bottom:
            break
        if box.left - 1 <= words[index].box.center_x <= box.right + 1:
            members.append(words[index])
    return members


def _continues_row(line: Line, box: Box) -> bool:
    """Tesseract gives words, in order: is this the next word of the row?"""
    gap = box.left - line.right
    same_row = overlap_y(line, box) > 0.4 * min(line.height, box.height)
    return same_row and -0.3 * line.height <= gap < 1.1 * max(line.height, box.height)


def _append_word(line: Line, cell: TextCell, text: str, box: Box) -> None:
    count = len(line.cells)
    line.confidence = (line.confidence * count + float(cell.confidence or 1.0)) / (count + 1)
    line.absorb(Line(box.left, box.top, box.right, box.bottom, text, [cell], box.height))
    line.size = line.height


def words_of_ocr_line(line: Line) -> list[Word]:
    """Words of line-level OCR: each takes the share of the width that its characters take of the text."""
    words = []
    for cell in line.cells:
        box, length = cell_box(cell), max(1, len(cell.text))
        for match in re.finditer(r"\S+", cell.text):
            left = box.left + box.width * match.start() / length
            right = box.left + box.width * match.end() / length
            words.append(Word(Box(left, box.top, right, box.bottom), match.group()))
    return words
