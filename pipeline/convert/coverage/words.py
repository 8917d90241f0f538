"""Text as words to compare: folded, without invisible characters and punctuation, numbers whole."""

from __future__ import annotations

import functools
import re
import unicodedata

INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")
SOFT_BREAK = re.compile(
    "[\u00ad\x02\ufffe]\\s*(?=[^\\W\\d_])"
)  # pdfium writes a hyphen at a line's end as one of these
HARD_BREAK = re.compile("[-\u2010](?<=[^\\W\\d_].)[^\\S\n]*\n\\s*(?=[^\\W\\d_])")
SEPARATOR = re.compile(r"(?<=\d)[.,](?=\d)")
WORD = re.compile(r"[^\W\d_]+|\d+")
REMEMBERED = 1 << 16  # tokens; most words of a text come again


def words_of(text: str) -> list[str]:
    """`1.234,56` and `1234,56` are one and the same word, `A-17` is two; a word broken at a line's end is whole."""
    whole = HARD_BREAK.sub("", SOFT_BREAK.sub("", text))
    return [word for token in whole.split() for word in _folded(token)]


@functools.lru_cache(REMEMBERED)
def _folded(token: str) -> tuple[str, ...]:
    visible = unicodedata.normalize("NFKC", INVISIBLE.sub("", token)).casefold()
    return tuple(WORD.findall(SEPARATOR.sub("", visible)))
