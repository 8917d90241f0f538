"""Where tables without vertical rules stand: rows of words that leave the same vertical gaps free."""

from __future__ import annotations

import re
import statistics
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.convert.pdf.boxes import Box, overlap_x, union
from pipeline.convert.pdf.lines import Line, Word, rows_of
from pipeline.convert.pdf.page_geometry import PageGeometry
from pipeline.convert.pdf.patterns import TABLE_MARKER_CELL

ROW_PAD_POINTS = 0.5  # a word may stand this much outside its row
MAX_ROW_GAP = 2.0  # in text sizes; a wider gap ends a table
MAX_SINGLE_ROWS = 2  # rows of one segment (wrapped cells) in sequence
MAX_SINGLE_WIDTH = 0.55  # share of the table's width; a wider single row is a paragraph
PROSE_WORDS = 4.5  # a column whose cells have more words on average holds running text
MIN_FILL = 0.45  # share of cells with text
MARKER_SHARE = 0.6  # share of bullets in the first column from which it is a list
TOLERATED_CROSSINGS = 0.12  # share of rows of a long table that may cross a gap (headings, totals)


@dataclass(slots=True)
class Segment:
    """Neighbouring words of a row."""

    left: float
    right: float
    words: list[Word]


@dataclass(slots=True)
class Row:
    """Words on one height, left to right, parted where the gap is wider than a space."""

    box: Box
    segments: list[Segment]


class WordsByHeight:
    """The words of a page, from which a row takes its own without looking at them all."""

    def __init__(self, words: Sequence[Word]) -> None:
        self._words = words
        self._order = sorted(range(len(words)), key=lambda index: words[index].box.center_y)
        self._centers = [words[index].box.center_y for index in self._order]

    def inside(self, box: Box) -> list[Word]:
        """In the order of the page."""
        first = bisect_left(self._centers, box.top - ROW_PAD_POINTS)
        last = bisect_right(self._centers, box.bottom + ROW_PAD_POINTS)
        near = (self._words[index] for index in sorted(self._order[first:last]))
        return [word for word in near if box.contains(word.box.center_x, word.box.center_y, ROW_PAD_POINTS)]


def find_aligned_tables(page: PageGeometry, lines: Sequence[Line]) -> list[Box]:
    """Boxes of tables among `lines`, which must not include lines of ruled tables."""
    if len(lines) < 3:
        return []
    size = statistics.median(line.size for line in lines)
    words = WordsByHeight(page.words)
    rows = [_row(row, words) for row in rows_of(lines)]
    tables, start = [], 0
    while start < len(rows):
        run = _run_from(rows, start, size)
        if len(run) >= 2 and _is_table(page, rows[start : run[-1] + 1], len(run), size):
            tables.append(union(row.box for row in rows[start : run[-1] + 1]))
            start = run[-1]
        start += 1
    return tables


def split_at_gaps(words: Sequence[Word], size: float) -> list[Segment]:
    """The words of one row, split where the gap is wider than a space."""
    segments: list[Segment] = []
    for word in sorted(words, key=lambda word: word.box.left):
        if segments and word.box.left - segments[-1].right < max(0.9 * size, 6):
            segments[-1].right = max(segments[-1].right, word.box.right)
            segments[-1].words.append(word)
        else:
            segments.append(Segment(word.box.left, word.box.right, [word]))
    return segments


def column_gaps(rows: Sequence[Sequence[Segment]], box: Box, size: float) -> list[tuple[float, float]]:
    """Vertical corridors (from, to) inside the box that (nearly) no row's text enters, left to right."""
    limit = TOLERATED_CROSSINGS * len(rows) if len(rows) > 6 else 0.0
    events = sorted((x, step) for row in rows for s in row for x, step in ((s.left, 1), (s.right, -1)))
    gaps: list[tuple[float, float]] = []
    depth, last = 0, box.left
    for x, step in events:
        if depth <= limit and x > last:
            if gaps and last - gaps[-1][1] < 0.01:
                gaps[-1] = (gaps[-1][0], x)
            else:
                gaps.append((last, x))
        depth += step
        last = x
    inner = [(left, right) for left, right in gaps if left > box.left + 0.1 and right < box.right - 0.1]
    return [(left, right) for left, right in inner if right - left >= max(4.0, 0.5 * size)]


def _row(lines: Sequence[Line], words: WordsByHeight) -> Row:
    box = union(lines)
    members = words.inside(box)
    if not members:
        members = [Word(Box(line.left, line.top, line.right, line.bottom), line.text, line.font) for line in lines]
    return Row(box, split_at_gaps(members, statistics.median(line.size for line in lines)))


def _run_from(rows: Sequence[Row], start: int, size: float) -> list[int]:
    """Indices of the rows with several segments that follow each other from `start`; [] when it has only one."""
    if len(rows[start].segments) < 2:
        return []
    run, skipped = [start], 0
    for index in range(start + 1, len(rows)):
        row = rows[index]
        if row.box.top - rows[index - 1].box.bottom > MAX_ROW_GAP * size:
            break
        if len(row.segments) >= 2:
            run.append(index)
            skipped = 0
            continue
        span = union(rows[member].box for member in run)
        if row.box.width > MAX_SINGLE_WIDTH * span.width or skipped >= MAX_SINGLE_ROWS:
            break
        skipped += 1
    return run


def _is_table(page: PageGeometry, rows: Sequence[Row], split_rows: int, size: float) -> bool:
    box = union(row.box for row in rows)
    segments = [row.segments for row in rows]
    gaps = column_gaps(segments, box, size)
    if not gaps:
        return False
    columns = _column_texts(segments, gaps)
    fill = sum(map(len, columns)) / (len(rows) * len(columns))
    prose = sum(_mean_words(column) >= PROSE_WORDS for column in columns)
    rules = sum(
        overlap_x(rule, box) > 0.6 * box.width and box.top - 12 <= rule.top <= box.bottom + 12
        for rule in page.horizontal_rules
    )
    if split_rows == 2 and not rules:  # the tail of a table from the page before: must be unmistakable
        narrowest = min(right - left for left, right in gaps)
        return len(columns) >= 3 and fill > 0.9 and not prose and narrowest > 1.5 * size
    two = len(columns) == 2
    if fill < MIN_FILL or prose >= 2 or (two and prose and rules < 2) or _mostly_markers(columns[0]):
        return False
    numeric = any(re.search(r"\d", text) for text in columns[1])
    return not (two and not rules and not numeric and split_rows < 4)


def _column_texts(rows: Sequence[Sequence[Segment]], gaps: Sequence[tuple[float, float]]) -> list[list[str]]:
    """The texts of the filled cells of each column."""
    cuts = [(left + right) / 2 for left, right in gaps]
    columns: list[list[str]] = [[] for _ in range(len(cuts) + 1)]
    for row in rows:
        cells: dict[int, list[str]] = defaultdict(list)
        for segment in row:
            for word in segment.words:
                cells[bisect_left(cuts, word.box.center_x)].append(word.text)
        for index, texts in cells.items():
            columns[index].append(" ".join(texts))
    return columns


def _mean_words(column: Sequence[str]) -> float:
    return statistics.mean(len(text.split()) for text in column) if column else 0


def _mostly_markers(column: Sequence[str]) -> bool:
    markers = sum(bool(TABLE_MARKER_CELL.fullmatch(text.strip())) for text in column)
    return markers >= MARKER_SHARE * max(1, len(column))
