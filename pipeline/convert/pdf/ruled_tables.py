"""Where tables drawn with ruling lines stand on a page."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict

from pipeline.convert.pdf.boxes import Box, cluster_positions
from pipeline.convert.pdf.lines import Word
from pipeline.convert.pdf.page_geometry import PageGeometry

TOUCH_POINTS = 3.0  # rules this close count as crossing
MAX_RULES = 4000  # more are a drawing or a map, and pairing them would take minutes
MIN_HEIGHT_POINTS, MIN_WIDTH_POINTS = 14, 40
MIN_WORDS, MIN_FILLED_CELLS = 3, 3


def find_ruled_tables(page: PageGeometry) -> list[Box]:
    """Boxes of tables whose rules cross, largest first; none lies inside another."""
    tables: list[Box] = []
    candidates = (_table_box(horizontal, vertical, page.words) for horizontal, vertical in _crossing_groups(page))
    for box in sorted(filter(None, candidates), key=lambda box: -box.area):
        if not any(table.contains(box.center_x, box.center_y) for table in tables):
            tables.append(box)
    return tables


def _crossing_groups(page: PageGeometry) -> list[tuple[list[Box], list[Box]]]:
    """(horizontal, vertical) rules that hang together by crossing (union-find)."""
    horizontal, vertical = page.horizontal_rules, page.vertical_rules
    count = len(horizontal) + len(vertical)
    if not 4 <= count <= MAX_RULES:
        return []
    parent = list(range(count))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    for i, across in enumerate(horizontal):
        for j, down in enumerate(vertical, start=len(horizontal)):
            if _touch(across, down):
                parent[root(i)] = root(j)
    groups: dict[int, tuple[list[Box], list[Box]]] = defaultdict(lambda: ([], []))
    for index in range(count):
        is_vertical = index >= len(horizontal)
        rule = vertical[index - len(horizontal)] if is_vertical else horizontal[index]
        groups[root(index)][is_vertical].append(rule)
    return list(groups.values())


def _touch(across: Box, down: Box) -> bool:
    return (
        across.left - TOUCH_POINTS <= down.right
        and down.left - TOUCH_POINTS <= across.right
        and down.top - TOUCH_POINTS <= across.bottom
        and across.top - TOUCH_POINTS <= down.bottom
    )


def _table_box(horizontal: list[Box], vertical: list[Box], words: list[Word]) -> Box | None:
    """The box of a grid with at least two cells and text in three; None for frames and underlines."""
    rows = cluster_positions(rule.center_y for rule in horizontal)
    columns = cluster_positions(rule.center_x for rule in vertical)
    if len(rows) < 2 or len(columns) < 3:
        return None
    box = Box(
        min(columns[0], *(rule.left for rule in horizontal)),
        min(rows[0], *(rule.top for rule in vertical)),
        max(columns[-1], *(rule.right for rule in horizontal)),
        max(rows[-1], *(rule.bottom for rule in vertical)),
    )
    if box.height < MIN_HEIGHT_POINTS or box.width < MIN_WIDTH_POINTS:
        return None
    centers = [(w.box.center_x, w.box.center_y) for w in words if box.contains(w.box.center_x, w.box.center_y)]
    filled = {(bisect_left(rows, y), bisect_left(columns, x)) for x, y in centers}
    return box if len(centers) >= MIN_WORDS and len(filled) >= MIN_FILLED_CELLS else None
