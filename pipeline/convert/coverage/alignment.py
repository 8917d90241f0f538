"""Which words of a source stand in a text, wherever and in whatever order its blocks stand there. Linear time.

Runs of words that occur equally often on both sides are matched first and grow to both sides, so that a word that is
missing is missing where it was taken away, and not where the same word stands elsewhere.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence

RUNS = (8, 4, 2, 1)  # words; the last round takes what is left, in any order
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
        for length in RUNS[:-1]:
            self._match_runs(length)
        self._match_other_gaps()
        self._match_words()
        if self.may_be_split:
            self._match_halves()
        return [position for position, found in enumerate(self.partner) if found == FREE]

    def unused(self) -> int:
        """How many stretches of the text are not in the source, e.g. what OCR read in pictures."""
        return sum(not taken and (not at or self.taken[at - 1]) for at, taken in enumerate(self.taken))

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


def _places(words: Sequence[str], length: int, free: Sequence[bool]) -> dict[str, list[int]]:
    """Every run of so many free words -> where it begins."""
    places: dict[str, list[int]] = defaultdict(list)
    since = 0
    for position, is_free in enumerate(free):
        since = since + 1 if is_free else 0
        if since >= length:
            begin = position - length + 1
            places[" ".join(words[begin : position + 1])].append(begin)
    return places
