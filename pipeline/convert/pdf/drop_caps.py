"""Drop caps: a first letter as high as several lines belongs to the word beside it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from pipeline.convert.drop_caps import gap_behind, words_in
from pipeline.convert.pdf.lines import Line

DROP_CAP = re.compile(r"[\"“«'‘]?[^\W\d_]")
MIN_RATIO = 1.8  # of its height to that of the lines beside it
MIN_LINES = 2  # beside it; beside one line a large letter is only large
MAX_RISE = 0.6  # of the first line's middle above the cap, in its height: boxes follow the font or the ink
MAX_GAP = 1.5  # to the lines, in their size
MIN_BLANK = 0.15  # of the text size, by which a blank pushes the first line farther to the right than the others


def join_drop_caps(lines: Iterable[Line]) -> list[Line]:
    """The lines, each drop cap at the head of its first line, which then begins where the cap does."""
    found = list(lines)
    least = MIN_RATIO * min((line.size for line in found), default=0)
    for cap in [line for line in found if line.size >= least and DROP_CAP.fullmatch(line.text.strip())]:
        beside = _lines_beside(cap, found)
        if len(beside) >= MIN_LINES and beside[0].text[:1].isalpha():
            _join(cap, beside, found)
            found = [line for line in found if line is not cap]
    return found


def _lines_beside(cap: Line, lines: Sequence[Line]) -> list[Line]:
    beside = [
        line
        for line in lines
        if line is not cap
        and cap.size >= MIN_RATIO * line.size
        and -1 <= line.left - cap.right <= MAX_GAP * line.size
        and cap.top - MAX_RISE * line.height <= line.center_y <= cap.bottom
    ]
    return sorted(beside, key=lambda line: line.top)


def _join(cap: Line, beside: Sequence[Line], lines: Sequence[Line]) -> None:
    first, letter = beside[0], cap.text.strip()
    is_apart = first.left - min(line.left for line in beside[1:]) > MIN_BLANK * first.size
    gap = " " if is_apart else gap_behind(letter, first.text, words_in(line.text for line in lines))
    head = f"{letter}{gap}"
    cell = first.cells[0]
    index = min(cap.cells[0].index, cell.index)
    first.cells[0] = cell.model_copy(update={"text": head + cell.text.lstrip(), "index": index})
    first.text = head + first.text
    for line in beside:
        line.left = cap.left  # else the lines below the cap would begin a paragraph of their own
