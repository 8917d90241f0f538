"""A level of a list is looked for once in a document."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.convert import word_levels
from pipeline.convert.conversion import extract
from pipeline.settings.sections import ConversionSettings
from tests.promises.hostile.office import docx_of, rewritten

ITEM = b'<w:p><w:pPr><w:pStyle w:val="ListNumber"/></w:pPr><w:r><w:t>item</w:t></w:r></w:p>'


def test_the_level_of_many_items_is_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    sought: list[tuple[int, int]] = []
    find = word_levels._find

    def noted(backend: Any, numid: int, ilvl: int) -> Any:
        sought.append((numid, ilvl))
        return find(backend, numid, ilvl)

    monkeypatch.setattr(word_levels, "_find", noted)
    data = rewritten(
        docx_of(), {"word/document.xml": lambda xml: xml.replace(b"<w:sectPr", ITEM * 30 + b"<w:sectPr", 1)}
    )
    document, _ = extract(data, "docx", ConversionSettings(ocr_engine="none"))
    assert sum(text.text == "item" for text in document.texts) == 30
    assert sought
    assert len(sought) == len(set(sought))
