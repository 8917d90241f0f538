"""What of a source's passages a text lacks: words as multisets, each missing one in the passage it was taken from."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.convert.coverage.alignment import Alignment
from pipeline.convert.coverage.passages import Passage
from pipeline.convert.coverage.words import words_of

CELLS = " | "  # between the cells of a line
MAX_VALUE = 12  # words of a number, date or time with what stands beside it
MAX_NAMES = 3  # of one without digits, such as a weekday
DIGIT = re.compile(r"\d")


@dataclass(frozen=True)
class Lost:
    """A passage of which words are not in the text, and which: stretches of folded words."""

    passage: Passage
    words: int
    stretches: tuple[str, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """How many words the source has, which are missing or left out on purpose, and which the text has beyond them."""

    words: int
    missing: tuple[Lost, ...]
    left_out: tuple[Lost, ...]
    beyond: Counter[str]


def compare(passages: Sequence[Passage], text: str, read: Sequence[str] = (), *, may_be_split: bool) -> Comparison:
    """What OCR `read` stands in the text for nothing else, however many of its words are missing from other pages.

    `may_be_split`: the source does not say for sure where its words end, as in a PDF.
    """
    there = _without(words_of(text), read)
    counts = Counter(there)
    spelled = _spelled([passage for passage in passages if passage.text or passage.spellings], text, counts)
    wanted = [(passage, words) for passage, words in spelled if passage.left_out is None]
    unwanted = [(passage, words) for passage, words in spelled if passage.left_out is not None]
    source = [word for _, words in wanted for word in words]
    wanted_counts = Counter(source)
    missing = _missing(wanted, source, there, may_be_split) if wanted_counts - counts else ()
    beyond = counts - wanted_counts
    left_out = tuple(_left_out(unwanted, beyond))
    return Comparison(len(source), tuple(missing), left_out, beyond)


def _without(words: list[str], read: Sequence[str]) -> list[str]:
    if not read:
        return words
    alignment = Alignment(read, words, may_be_split=False)
    alignment.missing()
    return [word for word, taken in zip(words, alignment.taken, strict=True) if not taken]


def _spelled(passages: Sequence[Passage], text: str, counts: Counter[str]) -> list[tuple[Passage, list[str]]]:
    cells = _runs_of_cells(text) if any(passage.spellings for passage in passages) else set()
    return [(passage, _words(passage, cells, counts)) for passage in passages]


def _words(passage: Passage, cells: set[tuple[str, ...]], counts: Counter[str]) -> list[str]:
    """The passage's words in the first spelling that a cell of the text has, or else the text, wherever."""
    if not passage.spellings:
        return words_of(passage.text)
    spellings = [words_of(spelling) for spelling in (passage.text, *passage.spellings)]
    for words in spellings:
        if not words or tuple(words) in cells:
            return words
    return next((words for words in spellings if all(word in counts for word in words)), spellings[0])


def _runs_of_cells(text: str) -> set[tuple[str, ...]]:
    """All runs of words in cells so short that they can be values."""
    runs = set()
    for cell in {cell for line in text.splitlines() for cell in line.split(CELLS)}:
        words = words_of(cell)
        if len(words) <= (MAX_VALUE if DIGIT.search(cell) else MAX_NAMES):
            runs |= {tuple(words[i:j]) for i in range(len(words)) for j in range(i + 1, len(words) + 1)}
    return runs


def _missing(
    wanted: Sequence[tuple[Passage, list[str]]], source: list[str], there: list[str], may_be_split: bool
) -> Iterator[Lost]:
    gone = set(Alignment(source, there, may_be_split=may_be_split).missing())
    begin = 0
    for passage, words in wanted:
        lost = [position - begin for position in range(begin, begin + len(words)) if position in gone]
        begin += len(words)
        if lost:
            yield Lost(passage, len(lost), tuple(_stretches(words, lost)))


def _stretches(words: Sequence[str], lost: Sequence[int]) -> Iterator[str]:
    """Neighbouring words as one stretch."""
    begin = 0
    for index in range(1, len(lost) + 1):
        if index == len(lost) or lost[index] != lost[index - 1] + 1:
            yield " ".join(words[lost[begin] : lost[index - 1] + 1])
            begin = index


def _left_out(unwanted: Sequence[tuple[Passage, list[str]]], spare: Counter[str]) -> Iterator[Lost]:
    """Those that the text does not have all the same."""
    for passage, words in unwanted:
        counts = Counter(words)
        if counts <= spare:
            spare.subtract(counts)
        else:
            yield Lost(passage, len(words))
