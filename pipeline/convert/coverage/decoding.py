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
KNOW_NO_BETTER = ("ascii", "iso8859-1", "cp1252", "utf-8")
LAST_LATIN = "\u024f"
REPLACEMENT = "\ufffd"


def text_of(data: bytes, declared: str = "") -> str:
    """UTF-8 unless most of what is not ASCII says otherwise; single bad bytes become a replacement character.

    `declared` is the charset that the file says of itself, which counts where the bytes are no UTF-8.
    """
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace").removeprefix("\ufeff")
    if data.count(0) * 3 > len(data) > 1:
        wide = data.decode("utf-16-be" if data[0] == 0 else "utf-16-le", "replace")
        shown = wide.replace("\0", "")
        if sum(character < LAST_LATIN for character in shown) * 2 > len(shown):  # and no bytes among NULs
            return wide
    text = data.decode("utf-8", "replace")
    bad = text.count(REPLACEMENT)
    if not bad or bad * 2 < sum(character > "\x7f" for character in text):
        return text
    if is_telling(declared):
        return data.decode(declared, "replace")
    return max((data.decode(encoding, "replace") for encoding in SINGLE_BYTE), key=_likeliness)


def is_telling(charset: str) -> bool:
    """Whether there is such a charset; ASCII and Latin-1 are what programs say that know no better."""
    try:
        return codecs.lookup(charset).name not in KNOW_NO_BETTER
    except (LookupError, ValueError):
        return False


def _likeliness(text: str) -> int:
    strange = sum(character > "\x7f" for character in text)
    return 2 * len(EXPECTED.findall(text)) - strange
