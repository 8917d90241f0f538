"""How well pages were read, as numbers from 0 to 1 out of Docling's confidence report."""

from __future__ import annotations

import math
import statistics

from docling.datamodel.document import ConversionResult


def ocr_scores(result: ConversionResult) -> dict[int, float]:
    """Mean confidence of the text that OCR read, by page; pages without such text are absent."""
    pages = result.confidence.pages
    return {number: float(page.ocr_score) for number, page in sorted(pages.items()) if not math.isnan(page.ocr_score)}


def quality_score(result: ConversionResult) -> float:
    """Mean over the pages with content of their parse, layout and OCR scores; 0 when no page has any.

    Table scores are left out: they say how full tables are, not how well they were read.
    """
    with_content = {item.page_no for entry in result.document.texts for item in entry.prov}
    with_content |= {item.page_no for entry in result.document.tables for item in entry.prov}
    pages = []
    for number in sorted(with_content & set(result.confidence.pages)):
        page = result.confidence.pages[number]
        scores = [float(score) for score in (page.parse_score, page.layout_score, page.ocr_score)]
        known = [score for score in scores if not math.isnan(score)]
        if known:
            pages.append(statistics.mean(known))
    return round(min(max(statistics.mean(pages), 0.0), 1.0), 4) if pages else 0.0
