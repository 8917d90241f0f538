"""Whether a drop cap is a word by itself ("A casa") or begins the one behind it ("Aprovação"): files do not say."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

WORD = re.compile(r"[^\W\d_]+")
ONE_LETTER_WORDS = "aàáeéoóiy"
ALWAYS_WORDS = "àó"  # no word begins with them, or hardly any
OFTEN_WORDS = "aoé"  # at the beginning of a sentence more often than words that begin with them
# What a Portuguese word can begin with: "provação" and "casa", not "rtigo" (Artigo) or "ste" (Este).
BEGINNING = re.compile(r"(?:[bcdfgptv][rl]|ch|qu|gu|[bcdfgjklmnpqrstvxz])?[aeiouáéíóúâêôãõ]|h[aeiouáéíóúâêô]", re.I)
MIN_LETTERS = 3  # of a word that nothing else speaks for
MOST_CAPS = 100  # of a document; for each, the words of all of it are looked through
PREFIX = 5  # letters that words of one family share


def words_in(texts: Iterable[str]) -> Counter[str]:
    """How often each word stands in the texts, whatever its case: the vocabulary to judge a drop cap by."""
    return Counter(word.casefold() for text in texts for word in WORD.findall(text))


def gap_behind(cap: str, text: str, known: Counter[str]) -> str:
    """A blank, or nothing, to stand between a cap and its text. `known` are the words of the document around them."""
    letter, following = cap.strip()[-1:].casefold(), WORD.match(text)
    if following is None or letter not in ONE_LETTER_WORDS:
        return ""
    word = following[0].casefold()
    apart, joined = known[word] > 1, known[letter + word] > 0
    if apart == joined:
        apart, joined = _has_kin(word, word, known), _has_kin(letter + word, word, known)
    if apart != joined:
        return " " if apart else ""
    is_likely = letter in OFTEN_WORDS and len(word) >= MIN_LETTERS and BEGINNING.match(word)
    return " " if letter in ALWAYS_WORDS or is_likely else ""


def _has_kin(word: str, following: str, known: Counter[str]) -> bool:
    """Whether the document has another word of its family."""
    return len(word) >= PREFIX and any(other.startswith(word[:PREFIX]) and other != following for other in known)
