"""Text as words to compare: folded, without invisible characters and punctuation, numbers whole."""

from __future__ import annotations

import re
import unicodedata

INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")
HYPHEN_AT_LINE_END = re.compile("(?<=[^\\W\\d_])(?:[\u00ad\x02\ufffe]|[-\u2010][^\\S\n]*\n)\\s*(?=[^\\W\\d_])")
WORD = re.compile(r"[^\W\d_]+|\d+(?:[.,]\d+)*")
SEPARATORS = str.maketrans("", "", ".,")


def words_of(text: str) -> list[str]:
    """`1.234,56` and `1234,56` are one and the same word, `A-17` is two; a word broken at a line's end is whole."""
    joined = INVISIBLE.sub("", HYPHEN_AT_LINE_END.sub("", text))
    folded = joined.casefold() if joined.isascii() else unicodedata.normalize("NFKC", joined).casefold()
    return [word.translate(SEPARATORS) if word[0].isdigit() else word for word in WORD.findall(folded)]
