"""How a hit is shown: its best spot or all of it, with the question's words marked."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.search.hits import Hit

_LEAD = 0.25  # of a snippet stands before the first word that was found: what a sentence is about comes first
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True)
class Passage:
    """A stretch of text. White space is one blank, or one line's end, where `snippet` made it."""

    text: str
    is_marked: bool = False


def snippet(hit: Hit, characters: int, has_lines: bool = False) -> list[Passage]:
    """At most so many characters (and two ellipses) of where most of the question's words stand together.

    `has_lines`: rows of a table and points of a list stay below each other; else all is one line.
    """
    begin, end = _window(hit, characters)

    def one(space: re.Match[str]) -> str:
        return "\n" if has_lines and "\n" in space.group() else " "

    found = list(_passages(hit, begin, end))
    left = [Passage("…")] if begin else []
    right = [Passage("…")] if end < len(hit.text) else []
    return [*left, *(Passage(_SPACE.sub(one, passage.text), passage.is_marked) for passage in found), *right]


def whole(hit: Hit) -> list[Passage]:
    """The chunk's text as it is."""
    return list(_passages(hit, 0, len(hit.text)))


def _window(hit: Hit, characters: int) -> tuple[int, int]:
    text = hit.text
    last = max(0, len(text) - characters)
    begins = [begin for begin, _ in hit.highlights]
    words = [text[begin:end].casefold() for begin, end in hit.highlights]

    def different_words(start: int) -> int:
        return len({*words[bisect_left(begins, start) : bisect_right(begins, start + characters)]})

    starts = [0, *(min(last, max(0, begin - round(_LEAD * characters))) for begin in begins)]
    start = max(starts, key=lambda start: (different_words(start), -start))
    return _word_start(text, start), _word_end(text, start + characters)


def _word_start(text: str, at: int) -> int:
    """The start of the next word, unless that is far: a word may be as long as it likes."""
    if not at or text[at - 1].isspace():
        return at
    return next((found + 1 for found in range(at, min(at + 30, len(text))) if text[found].isspace()), at)


def _word_end(text: str, at: int) -> int:
    if at >= len(text):
        return len(text)
    return next((found for found in range(at, max(at - 30, 0), -1) if text[found].isspace()), at)


def _passages(hit: Hit, begin: int, end: int) -> Iterator[Passage]:
    return stretches(hit.text, begin, end, hit.highlights)


def stretches(text: str, begin: int, end: int, highlights: Sequence[tuple[int, int]]) -> Iterator[Passage]:
    """`text[begin:end]` with what is highlighted wholly inside it marked. `highlights` are in order."""
    at = begin
    for first, last in highlights:
        if begin <= first and last <= end:
            yield from [Passage(text[at:first])] if at < first else []
            yield Passage(text[first:last], is_marked=True)
            at = last
    yield from [Passage(text[at:end])] if at < end else []
