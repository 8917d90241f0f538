"""Pages that lie on their side or head: found by the direction of their text or their OCR score, and turned."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Collection

from docling.datamodel.base_models import Page
from docling.datamodel.document import ConversionResult

from pipeline.convert.paged import PagedSource
from pipeline.convert.quality import ocr_scores

SIDEWAYS, UPSIDE_DOWN = (90, 270), (180,)
SIDEWAYS_RATIO = 1.5  # height to width of the usual text box
MIN_LINE_CHARACTERS = 4  # shorter text says nothing about direction
MIN_TURNED_CHARACTERS, TURNED_SHARE = 40, 0.8  # of a page's own text; less is a stamp or the head of a table
MIN_GAIN = 0.05  # of the OCR score, so that noise turns no page


def text_angles(result: ConversionResult) -> dict[int, int]:
    """Clockwise degrees for each page of the result whose own text, as good as all of it, runs in another direction."""
    return {page.page_no: angle for page in result.pages if (angle := _text_angle(page))}


def _text_angle(page: Page) -> int:
    directions: Counter[int] = Counter()
    for cell in page.cells:
        if not cell.from_ocr:
            directions[round(cell.rect.angle_360 / 90) * 90 % 360] += len(cell.text.strip())
    angle, characters = directions.most_common(1)[0] if directions else (0, 0)
    return angle if characters >= max(MIN_TURNED_CHARACTERS, TURNED_SHARE * directions.total()) else 0


def upright_angles(result: ConversionResult, source: PagedSource) -> dict[int, int]:
    """Clockwise degrees for each page of the result that reads better turned.

    Only pages whose OCR score is under `ocr_retry_below` are tried, each in the one or two ways its text boxes allow.
    """
    threshold, scores = source.settings.ocr_retry_below, ocr_scores(result)
    angles: dict[int, int] = {}
    for page in result.pages:
        number = page.page_no
        if scores.get(number, 1.0) >= threshold:
            continue
        for angle in _candidates(page, angles.values()):
            if _score_turned(number, angle, source) >= max(threshold, scores[number] + MIN_GAIN):
                angles[number] = angle
                break
    return angles


def _candidates(page: Page, found: Collection[int]) -> list[int]:
    """Angles to try, first those that other pages of the document needed."""
    possible = SIDEWAYS if _is_sideways(page) else UPSIDE_DOWN
    return sorted(possible, key=lambda angle: angle not in found)


def _score_turned(number: int, angle: int, source: PagedSource) -> float:
    """OCR score of one page, turned."""
    turned = source.converted((number, number), {number: angle}, glance=True)
    return ocr_scores(turned).get(number, 0.0)


def _is_sideways(page: Page) -> bool:
    boxes = [
        cell.rect.to_bounding_box()
        for cell in page.cells
        if cell.from_ocr and len(cell.text.strip()) >= MIN_LINE_CHARACTERS
    ]
    return bool(boxes) and statistics.median(box.height / max(box.width, 1) for box in boxes) > SIDEWAYS_RATIO
