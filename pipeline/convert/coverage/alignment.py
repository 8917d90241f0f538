"""Which words of a source stand in a text, wherever and in whatever order its blocks stand there. Linear time.

Runs of words that occur equally often on both sides are matched first and grow to both sides, so that a word that is
missing is missing where it was taken away, and not where the same word stands elsewhere.
"""

from __future__ import annotations

import itertools
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence

RUNS = (8, 4, 2)  # words
REACH = 100  # words to look ahead for where both sides go on alike
ALIKE = 4  # words
MAX_WORD = 60  # letters of a word that may be two
FREE = -1


class Alignment:
    """`partner[i]` is the position in `text` that the source's word `i` was found at, or FREE."""

    def __init__(self, source: Sequence[str], text: Sequence[str], *, may_be_split: bool) -> None:
        self.source, self.text = source, text
        self.may_be_split = may_be_split
        self.partner = [FREE] * len(source)
        self.taken = [False] * len(text)

    def missing(self) -> list[int]:
        """Positions of words that are not in the text."""
        self._match_in_order()
        for length in RUNS:
            self._match_runs(length)
        self._match_other_gaps()
        self._match_words()
        if self.may_be_split:
            self._match_halves()
        return [position for position, found in enumerate(self.partner) if found == FREE]

    def _match_in_order(self) -> None:
        """From the first word on, over small gaps, as far as it goes. Most documents are done then."""
        i = j = 0
        while i < len(self.source) and j < len(self.text):
            if self._match(i, j):
                i, j = i + 1, j + 1
                continue
            further = self._resumed(i, j)
            if further is None:
                return
            i, j = further

    def _resumed(self, i: int, j: int) -> tuple[int, int] | None:
        """Where source and text are alike again, when one of them has words that the other has not."""
        here, there = self.source[i : i + ALIKE], self.text[j : j + ALIKE]
        for skipped in range(1, REACH):
            if self.source[i + skipped : i + skipped + ALIKE] == there:
                return i + skipped, j
            if self.text[j + skipped : j + skipped + ALIKE] == here:
                return i, j + skipped
        return None

    def _match_runs(self, length: int) -> None:
        """Runs of free words that are equally frequent on both sides, then their neighbours."""
        there = _places(self.text, length, [not taken for taken in self.taken])
        here = _places(self.source, length, [found == FREE for found in self.partner])
        for run, positions in here.items():
            found = there.get(run, ())
            if len(found) == len(positions):
                for position, other in zip(positions, found, strict=True):
                    self._grow(position, other)

    def _grow(self, here: int, there: int) -> None:
        """Match from here in both directions while words are equal and free."""
        for step in (1, -1):
            i, j = (here, there) if step == 1 else (here - 1, there - 1)
            while 0 <= i < len(self.source) and 0 <= j < len(self.text) and self._match(i, j):
                i, j = i + step, j + step

    def _match(self, i: int, j: int) -> bool:
        if self.partner[i] != FREE or self.taken[j] or self.source[i] != self.text[j]:
            return False
        self.partner[i], self.taken[j] = j, True
        return True

    def _match_other_gaps(self) -> None:
        """Words that stand between the same neighbours with their characters parted in another way."""
        for begin, end in self._gaps():
            missing = "".join(self.source[begin:end])
            if end - begin == 1 and not self.may_be_split:
                continue
            for start, stop in self._stretches(begin, end, len(missing)):
                is_allowed = self.may_be_split or stop - start < end - begin
                if is_allowed and "".join(self.text[start:stop]) == missing:
                    self.partner[begin:end] = [start] * (end - begin)
                    self.taken[start:stop] = [True] * (stop - start)
                    break

    def _stretches(self, begin: int, end: int, length: int) -> Iterator[tuple[int, int]]:
        """Free words of the text, `length` characters, behind the gap's left neighbour and before its right one."""
        start = stop = self.partner[begin - 1] + 1 if begin else 0
        left = length
        while left > 0 and stop < len(self.text) and not self.taken[stop]:
            left -= len(self.text[stop])
            stop += 1
        yield start, stop
        start = stop = self.partner[end] if end < len(self.source) else len(self.text)
        left = length
        while left > 0 and start > 0 and not self.taken[start - 1]:
            start -= 1
            left -= len(self.text[start])
        yield start, stop

    def _match_words(self) -> None:
        free = self._free_words()
        for position, word in enumerate(self.source):
            if self.partner[position] == FREE and free[word]:
                self._match(position, free[word].popleft())

    def _match_halves(self) -> None:
        """Words of the source that are two words elsewhere in the text."""
        free = self._free_words()
        for position, word in enumerate(self.source):
            if self.partner[position] == FREE:
                halves = ((word[:cut], word[cut:]) for cut in range(1, min(len(word), MAX_WORD)))
                found = next(((one, other) for one, other in halves if one != other and free[one] and free[other]), ())
                for half in found:
                    self.partner[position] = free[half].popleft()
                    self.taken[self.partner[position]] = True

    def _free_words(self) -> dict[str, deque[int]]:
        free: dict[str, deque[int]] = defaultdict(deque)
        for position, word in enumerate(self.text):
            if not self.taken[position]:
                free[word].append(position)
        return free

    def _gaps(self) -> Iterator[tuple[int, int]]:
        begin = None
        for position, found in enumerate((*self.partner, 0)):
            if found == FREE and begin is None:
                begin = position
            elif found != FREE and begin is not None:
                yield begin, position
                begin = None


def _places(words: Sequence[str], length: int, free: Sequence[bool]) -> dict[tuple[str, ...], list[int]]:
    """Every run of so many free words -> where it begins."""
    places: dict[tuple[str, ...], list[int]] = defaultdict(list)
    since = 0
    for position in itertools.compress(range(len(words)), free):
        since = since + 1 if since and free[position - 1] else 1
        if since >= length:
            begin = position - length + 1
            places[tuple(words[begin : position + 1])].append(begin)
    return places
