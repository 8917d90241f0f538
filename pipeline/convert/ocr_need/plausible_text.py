"""Is this text what its page shows? Fonts without a character map, or with a wrong one, give glyph numbers as letters.

Loads no Docling: pages are also judged before they are converted.
"""

from __future__ import annotations

import math
import re
import string
import unicodedata
from collections import Counter

MIN_CHARACTERS = 3  # fewer are a bullet or an icon
MIN_SHARE = 0.3  # of a line's characters that stand for nothing
MIN_LETTERS = 60  # in the words of one font on a page, each counted once; fewer say nothing about a language
WORD = re.compile(r"[^\W\d_]{4,}")  # shorter ones are often codes
MIN_LATIN = 0.6  # share of a to z among the letters; other scripts cannot be judged
MIN_LIKENESS = 0.7  # to the letters of a language, as a cosine; see `is_gibberish`
NO_MEANING = {"Co", "Cn", "Cs", "Cc"}  # private use, unassigned, half a character, control
UNMAPPED = re.compile(r"GLYPH<[^>]{0,80}>|\(cid:\d{1,6}\)|glyph\[[^\]]{0,40}\]")
SUSPECT = re.compile(r"[^\t\n\r\x20-\x7e\xa0-\u024f\u2000-\u206f\u20a0-\u22ff]|GLYPH<|\(cid:|glyph\[")
# Letters a to z in a thousand of running text.
LANGUAGES = {
    "pt": (146, 10, 39, 50, 126, 10, 13, 13, 62, 4, 0, 28, 47, 51, 107, 25, 12, 65, 78, 43, 46, 17, 0, 2, 0, 5),
    "en": (82, 15, 28, 43, 127, 22, 20, 61, 70, 2, 8, 40, 24, 67, 75, 19, 1, 60, 63, 91, 28, 10, 24, 2, 20, 1),
}


def is_unreadable(text: str) -> bool:
    """Do many characters of the line stand for nothing, such as those of the private use area?"""
    if not SUSPECT.search(text):
        return False
    rest, unmapped = UNMAPPED.subn("", text)
    characters = [character for character in rest if not character.isspace()]
    lost = unmapped + sum(map(_means_nothing, characters))
    return lost >= MIN_CHARACTERS and lost >= MIN_SHARE * (len(characters) + unmapped)


def is_gibberish(text: str) -> bool:
    """Are the letters those of no language? Prose is near to 0.95, a program to 0.8, mixed up letters to 0.4."""
    words = " ".join(sorted(set(WORD.findall(text.lower()))))
    letters = Counter(character for character in unicodedata.normalize("NFKD", words) if character.isalpha())
    counts = [letters[character] for character in string.ascii_lowercase]
    if sum(counts) < MIN_LETTERS or sum(counts) < MIN_LATIN * letters.total():
        return False
    return max(_likeness(counts, usual) for usual in LANGUAGES.values()) < MIN_LIKENESS


def _means_nothing(character: str) -> bool:
    return character == "\ufffd" or (unicodedata.category(character) in NO_MEANING)


def _likeness(counts: list[int], usual: tuple[int, ...]) -> float:
    product = sum(count * share for count, share in zip(counts, usual, strict=True))
    return product / math.sqrt(sum(c * c for c in counts) * sum(share * share for share in usual))
