"""A page cut into Docling clusters: paragraphs, headings, lists, tables, pictures, contents, margins."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from docling.datamodel.base_models import Cluster
from docling_core.types.doc import DocItemLabel as Label

from pipeline.convert.pdf.aligned_tables import find_aligned_tables
from pipeline.convert.pdf.boxes import Box, union
from pipeline.convert.pdf.figures import find_drawings, find_pictures
from pipeline.convert.pdf.labels import label_blocks
from pipeline.convert.pdf.lines import Line, cell_box, rows_of
from pipeline.convert.pdf.page_geometry import PageGeometry, inside
from pipeline.convert.pdf.paragraphs import Block, build_paragraphs
from pipeline.convert.pdf.patterns import LEADER_DOTS, PAGE_REFERENCE
from pipeline.convert.pdf.reading_order import column_order
from pipeline.convert.pdf.ruled_tables import find_ruled_tables

BODY_ZONE = (0.05, 0.95)  # of the page height: what may be an aligned table
BODY_BOLD_SHARE = 0.6
DEFAULT_SIZE_POINTS = 10.0
# How sure rules are; Docling's report averages these into the layout score.
CONFIDENCE_TEXT, CONFIDENCE_SCANNED, CONFIDENCE_REGION = 0.95, 0.8, 0.8
LAST = 10**9


@dataclass(slots=True)
class Regions:
    """What is not running text."""

    tables: list[Box]
    contents: list[Box]
    pictures: list[Box]


def segment(page: PageGeometry) -> list[Cluster]:
    """Clusters of a page in reading order; every text line is in exactly one."""
    regions, free = _find_regions(page)
    size, bold = _body_style(page, free)
    clusters = [_text_cluster(block, page) for block in _blocks(free, page, size, bold)]
    for label, boxes in ((Label.TABLE, regions.tables), (Label.DOCUMENT_INDEX, regions.contents)):
        clusters += [_region_cluster(label, box, [x for x in page.lines if inside(x, box)]) for box in boxes]
    clusters += _picture_clusters(regions, page)
    clusters += [_region_cluster(Label.PAGE_FOOTER, line, [line]) for line in page.watermarks]  # furniture, like it
    _number(clusters)
    return _ordered(clusters, page)


def _find_regions(page: PageGeometry) -> tuple[Regions, list[Line]]:
    """The regions and the lines outside of them. Tables win over pictures, pictures over contents and aligned text."""
    pictures = find_pictures(page)
    tables = find_ruled_tables(page)
    free = _outside(page.lines, tables)
    pictures += find_drawings(page, free, [*tables, *pictures])
    free = _outside(free, pictures, pad=0)
    contents = _find_contents(free)
    free = _outside(free, contents)
    top, bottom = BODY_ZONE
    level = [line for line in free if not line.turned and top * page.height < line.center_y < bottom * page.height]
    aligned = find_aligned_tables(page, level)
    return Regions([*tables, *aligned], contents, pictures), _outside(free, aligned)


def _outside(lines: Iterable[Line], boxes: Sequence[Box], pad: float = 1.0) -> list[Line]:
    return [line for line in lines if not any(inside(line, box, pad) for box in boxes)]


def _find_contents(lines: Sequence[Line]) -> list[Box]:
    """Runs of at least three rows that end in leader dots and a page number; one wrapped row may stand between."""
    rows = rows_of(lines)
    entries = [
        bool(LEADER_DOTS.search(" ".join(line.text for line in row)) and PAGE_REFERENCE.search(row[-1].text))
        for row in rows
    ]
    boxes, start = [], 0
    while start < len(rows):
        end = start
        while entries[start] and end + 1 < len(rows) and any(entries[end + 1 : end + 3]):
            if rows[end + 1][0].top - rows[end][0].bottom >= 3 * rows[end][0].height:
                break
            end += 1
        if end - start >= 2:
            boxes.append(union(union(row) for row in rows[start : end + 1]))
        start = end + 1
    return boxes


def _body_style(page: PageGeometry, lines: Sequence[Line]) -> tuple[float, bool]:
    """(size in points, is bold) of most of the running text."""
    if not lines:
        return DEFAULT_SIZE_POINTS, False
    characters = sum(len(line.text) for line in lines)
    bold = sum(len(line.text) for line in lines if line.bold) > BODY_BOLD_SHARE * characters
    if page.scanned:  # sizes of OCR lines scatter: their median by length, not the commonest value
        return statistics.median(x.size for x in lines for _ in range(max(1, len(x.text) // 8))), bold
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[round(line.size * 2) / 2] += len(line.text)
    return sizes.most_common(1)[0][0], bold


def _blocks(lines: Iterable[Line], page: PageGeometry, size: float, bold: bool) -> list[Block]:
    """Lines along the side of a level page, such as that of a signature, are furniture: they join no paragraph."""
    level: list[Line] = []
    turned: list[Line] = []
    for line in lines:
        (turned if line.turned else level).append(line)
    if len(turned) >= len(level):
        level, turned = level + turned, []
    aside = [Block([line], Label.PAGE_FOOTER) for line in turned]
    return label_blocks(build_paragraphs(level, page), page, size, bold) + aside


def _text_cluster(block: Block, page: PageGeometry) -> Cluster:
    cells = [cell for line in block.lines for cell in line.cells]
    sure = CONFIDENCE_SCANNED if page.scanned else CONFIDENCE_TEXT
    confidence = statistics.mean(cell.confidence or 1.0 for cell in cells) * sure
    return Cluster(id=0, label=block.label, bbox=block.box.to_docling(), confidence=confidence, cells=cells)


def _region_cluster(label: Label, box: Box, lines: Iterable[Line]) -> Cluster:
    cells = [cell for line in lines for cell in line.cells]
    return Cluster(id=0, label=label, bbox=box.to_docling(), confidence=CONFIDENCE_REGION, cells=cells)


def _picture_clusters(regions: Regions, page: PageGeometry) -> list[Cluster]:
    """Pictures with the paragraphs of text in them as children; a line in two pictures belongs to the first."""
    clusters = []
    lines = _outside(page.lines, regions.tables)
    for picture in regions.pictures:
        members = [line for line in lines if inside(line, picture, 0)]
        lines = [line for line in lines if not inside(line, picture, 0)]
        cluster = _region_cluster(Label.PICTURE, picture, members)
        cluster.children = [_text_cluster(block, page) for block in build_paragraphs(members, page)]
        clusters.append(cluster)
    return clusters


def _number(clusters: Iterable[Cluster]) -> None:
    """Ids of clusters and their children, unique on the page."""
    number = 0
    for cluster in clusters:
        for each in (cluster, *cluster.children):
            each.id = number
            number += 1


def _ordered(clusters: Sequence[Cluster], page: PageGeometry) -> list[Cluster]:
    """Reading order; Docling's own reading-order model starts from it."""
    if not page.scanned:
        return sorted(clusters, key=lambda c: (min((cell.index for cell in c.cells), default=LAST), c.bbox.t, c.bbox.l))
    ordered, index = column_order(clusters), 0
    for cluster in ordered:  # OCR numbers its cells across columns: number them anew along them
        for cell in sorted(cluster.cells, key=lambda cell: (cell_box(cell).top, cell_box(cell).left)):
            cell.index = index
            index += 1
    return ordered
