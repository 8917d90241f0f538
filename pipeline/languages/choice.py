"""The languages there are, and which of them a browser gets."""

from __future__ import annotations

import re

from pipeline.languages import en, pages_en, pages_pt, pt
from pipeline.languages.page_texts import PageTexts

PAGES = {"pt": pages_pt.PAGES, "en": pages_en.PAGES}
REPORTS = {"pt": pt.REPORT, "en": en.REPORT}
_RANGE = re.compile(r"\s*([a-z]{1,8})(?:-[\w-]+)?\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*)?", re.IGNORECASE)


def choose(accept_language: str, default: str) -> PageTexts:
    """The words that a browser's Accept-Language likes best; `default` (pt or en) when it likes neither."""
    matches = (_RANGE.fullmatch(part) for part in accept_language.split(","))
    liked = [(float(match[2] or 1), match[1].lower()) for match in matches if match and match[1].lower() in PAGES]
    quality, language = max(liked, key=lambda pair: pair[0], default=(0.0, default))
    return PAGES[language if quality else default]
