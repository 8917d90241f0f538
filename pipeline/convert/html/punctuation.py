"""Quotation marks and dashes of an HTML page on their way through Docling 2.143, which would write them in ASCII."""

from __future__ import annotations

from docling_core.types.doc import DoclingDocument

TYPOGRAPHIC = "\u2010\u2011\u2012\u2013\u2014\u2015\u2018\u2019\u201c\u201d\u2026"
FIRST_PRIVATE = 0xF0000  # characters of nobody: fonts use those below U+F900
SHIELD = {ord(character): FIRST_PRIVATE + index for index, character in enumerate(TYPOGRAPHIC)}
RESTORE = {private: character for character, private in SHIELD.items()}


def shielded(text: str) -> str:
    """The text as Docling leaves it alone."""
    return text.translate(SHIELD)


def restore_punctuation(document: DoclingDocument) -> list[str]:
    """In place, what `shielded` changed. No warnings."""
    for item in document.texts:
        item.text, item.orig = item.text.translate(RESTORE), item.orig.translate(RESTORE)
    for table in document.tables:
        for cell in table.data.table_cells:
            cell.text = cell.text.translate(RESTORE)
    return []
