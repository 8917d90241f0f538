"""Bytes of a text file as text, told apart by what Portuguese and English are written with."""

from __future__ import annotations

import codecs
import re

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
SINGLE_BYTE = ("cp1252", "cp850", "mac_roman")
EXPECTED = re.compile("[áàâãäçéêíñóôõöúüÁÀÂÃÇÉÊÍÓÔÕÚªº°§–—“”‘’•…€´«»·\xa0]")
REPLACEMENT = "\ufffd"


def text_of(data: bytes) -> str:
    """UTF-8 unless most of what is not ASCII says otherwise; single bad bytes become a replacement character."""
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace").removeprefix("\ufeff")
    if data.count(0) * 3 > len(data) > 1:
        return data.decode("utf-16-be" if data[0] == 0 else "utf-16-le", "replace")
    text = data.decode("utf-8", "replace")
    bad = text.count(REPLACEMENT)
    if not bad or bad * 2 < sum(character > "\x7f" for character in text):
        return text
    return max((data.decode(encoding, "replace") for encoding in SINGLE_BYTE), key=_likeliness)


def _likeliness(text: str) -> int:
    strange = sum(character > "\x7f" for character in text)
    return 2 * len(EXPECTED.findall(text)) - strange
