"""Scanned pages that lie on their side or head: found by their OCR score, turned and read again."""

from __future__ import annotations

import io
import statistics
from collections.abc import Collection

from docling.datamodel.base_models import DocumentStream, Page
from docling.datamodel.document import ConversionResult
from PIL import Image, ImageOps

from pipeline.config import ConversionSettings
from pipeline.convert.converter import document_converter
from pipeline.convert.pdf_file import turn_pages
from pipeline.convert.quality import ocr_scores

SIDEWAYS, UPSIDE_DOWN = (90, 270), (180,)
SIDEWAYS_RATIO = 1.5  # height to width of the usual text box
MIN_LINE_CHARACTERS = 4  # shorter text says nothing about direction
MIN_GAIN = 0.05  # of the OCR score, so that noise turns no page


def turned_upright(result: ConversionResult, data: bytes, kind: str, settings: ConversionSettings) -> ConversionResult:
    """The result, or that of the document with its badly read pages turned where that reads better.

    Only pages whose OCR score is under `settings.ocr_retry_below` are tried, each in the one or two ways its text
    boxes allow; pages of the returned document have the size and coordinates of the upright page.
    """
    scores = ocr_scores(result)
    bad = [page for page in result.pages if scores.get(page.page_no, 1.0) < settings.ocr_retry_below]
    angles: dict[int, int] = {}
    for page in bad:
        number = page.page_no
        for angle in _candidates(page, angles.values()):
            score = _score_turned(number, angle, data, kind, settings)
            if score >= max(settings.ocr_retry_below, scores[number] + MIN_GAIN):
                angles[number] = angle
                break
    if not angles:
        return result
    return document_converter(settings).convert(_turned(data, kind, angles), raises_on_error=False)


def _candidates(page: Page, found: Collection[int]) -> list[int]:
    """Angles to try, first those that other pages of the document needed."""
    possible = SIDEWAYS if _is_sideways(page) else UPSIDE_DOWN
    return sorted(possible, key=lambda angle: angle not in found)


def _score_turned(number: int, angle: int, data: bytes, kind: str, settings: ConversionSettings) -> float:
    """OCR score of one page, turned."""
    turned = document_converter(settings).convert(
        _turned(data, kind, {number: angle}), raises_on_error=False, page_range=(number, number)
    )
    return ocr_scores(turned).get(number, 0.0)


def _is_sideways(page: Page) -> bool:
    boxes = [
        cell.rect.to_bounding_box()
        for cell in page.cells
        if cell.from_ocr and len(cell.text.strip()) >= MIN_LINE_CHARACTERS
    ]
    return bool(boxes) and statistics.median(box.height / max(box.width, 1) for box in boxes) > SIDEWAYS_RATIO


def _turned(data: bytes, kind: str, angles: dict[int, int]) -> DocumentStream:
    """The file with pages (from 1) turned clockwise; an image has one page."""
    if kind == "pdf":
        return DocumentStream(name="document.pdf", stream=io.BytesIO(turn_pages(data, angles)))
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(data)) as image:
        ImageOps.exif_transpose(image).rotate(-angles[1], expand=True).save(buffer, "PNG")
    buffer.seek(0)
    return DocumentStream(name=f"document.{kind}", stream=buffer)
