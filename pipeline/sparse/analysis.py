"""From text to index terms: folded, stemmed, without the commonest words; numbers stay searchable whole and in parts.

Accents go before the stem is taken: questions and scanned pages often lack them, and both must give the same term.
Only those of Portuguese endings come back, because the stemmer knows "ções" for a plural and "coes" for nothing.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Container, Iterable, Iterator

import Stemmer

from pipeline.sparse.plurals import singulars

VERSION = 2  # change it when a text gives other terms than before
LANGUAGES = {"pt": "portuguese", "en": "english"}
_ORDINALS = re.compile("[ºª°]")
_WORD = re.compile(r"\d+(?:[.,/-]\d+)+|\w+")
# Soft hyphens, zero-width characters and directions are within words, and no part of them.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
_WORD_IN_PLACE = re.compile(  # accents may stand behind their letters
    r"\d+(?:[.,/-]\d+)+|\w[\w\u0300-\u036f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]*"
)
_NUMBER = re.compile(r"[\d.,/-]+")
_THOUSANDS = re.compile(r"\.(?=\d{3}(?!\d))")
_ENDINGS = tuple(
    (re.compile(f"{plain}$"), accented)
    for plain, accented in {
        "cao": "ção",
        "coes": "ções",
        "ancia(s?)": r"ância\1",
        "encia(s?)": r"ência\1",
        "avel": "ável",
        "ivel": "ível",
        "aveis": "áveis",
        "iveis": "íveis",
    }.items()
)
# Function words only: what a question asks for by content is never among them.
_STOP_WORDS = {
    "pt": """
        a ao aos as com como da das de do dos e em essa esse esta este isso isto mais na nas no nos o onde os ou para
        pela pelas pelo pelos por qual quais quando que quem sao se ser seu seus sua suas um uma
    """,
    "en": """
        a an and are as at be by did do does for from how in is it its of on or that the this to was were what when
        where which who with
    """,
}


def terms(text: str, language: str) -> list[str]:
    """The terms of a text in reading order, with repetitions. `language` is a BCP 47 tag; an unknown one is not
    stemmed."""
    return list(_terms(text, language.partition("-")[0]))


def question_terms(text: str, languages: Iterable[str]) -> frozenset[str]:
    """The terms of a question under every language's analysis: nobody says which language it is in, or its answer."""
    return frozenset(term for language in languages for term in _terms(text, language))


def words(text: str, language: str) -> list[frozenset[str]]:
    """Word by word, the terms of each and of what it may be the plural of; none for a function word. `language` as for
    `terms`."""
    short = language.partition("-")[0]
    return [_markable(word, short) for word in _WORD_IN_PLACE.findall(text)]


def marked_terms(question: str, languages: Iterable[str]) -> frozenset[str]:
    """What `places` marks for a question."""
    return frozenset(term for language in languages for found in words(question, language) for term in found)


def places(text: str, language: str, wanted: Container[str]) -> list[tuple[int, int]]:
    """Where the words stand, [begin, end) in characters, whose terms, or those of their singular, are among the wanted
    ones. `language` as for `terms`."""
    short = language.partition("-")[0]
    return [
        match.span()
        for match in _WORD_IN_PLACE.finditer(text)
        if any(term in wanted for term in _markable(match.group(), short))
    ]


@functools.lru_cache(maxsize=100_000)
def _markable(word: str, language: str) -> frozenset[str]:
    """The terms of one word and of what it may be the plural of."""
    found = frozenset(_terms(word, language))
    if language != "pt" or not found:  # a function word
        return found
    return found | {_stem(each, language) for each in singulars(_fold(_INVISIBLE.sub("", word).casefold()))}


def _terms(text: str, language: str) -> Iterator[str]:
    plain = unicodedata.normalize("NFKC", _INVISIBLE.sub("", _ORDINALS.sub(" ", text))).casefold()
    for match in _WORD.finditer(plain):
        word = match.group()
        if _NUMBER.fullmatch(word):
            yield from _number(word)
        elif (folded := _fold(word)) not in _stop_words(language):
            yield _stem(folded, language)


def _number(word: str) -> Iterator[str]:
    """12/2025 is found as it stands, and by 12 or 2025; 8.112/1990 also as 8112/1990."""
    parts = re.findall(r"\d+", word)
    yield from parts
    if len(parts) > 1:
        yield _THOUSANDS.sub("", word)


def _fold(word: str) -> str:
    return "".join(
        character for character in unicodedata.normalize("NFKD", word) if not unicodedata.combining(character)
    )


@functools.cache
def _stop_words(language: str) -> frozenset[str]:
    return frozenset(_STOP_WORDS.get(language, "").split())


@functools.lru_cache(maxsize=100_000)
def _stem(word: str, language: str) -> str:
    stemmer = _stemmer(language)
    if stemmer is None or any(map(str.isdigit, word)):
        return word
    if language == "pt":
        for plain, accented in _ENDINGS:
            word = plain.sub(accented, word)
    return _fold(stemmer.stemWord(word))


@functools.cache
def _stemmer(language: str) -> Stemmer.Stemmer | None:
    """Snowball's, https://snowballstem.org; of one process and one thread."""
    return Stemmer.Stemmer(LANGUAGES[language]) if language in LANGUAGES else None
