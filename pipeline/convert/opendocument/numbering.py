"""The numbers of list items and headings, which OpenDocument does not write but has its readers count."""

from __future__ import annotations

from pipeline.convert.opendocument.names import name
from pipeline.convert.opendocument.package import Element

FORMAT, PREFIX, SUFFIX = name("style:num-format"), name("style:num-prefix"), name("style:num-suffix")
DISPLAY_LEVELS, START = name("text:display-levels"), name("text:start-value")
ROMAN = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl")),
    *((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)
MAX_ROMAN = 3999
LETTERS = 26
MAX_LETTERED = 100 * LETTERS  # each round makes all letters one longer
MAX_SHOWN = 20  # levels in one number; programs have ten


class Counter:
    """Counts the items of one list, level by level."""

    def __init__(self) -> None:
        self._numbers: dict[int, int] = {}

    def next(self, depth: int, levels: dict[int, Element], start: str | None = None) -> str:
        """The marker of the next item at this depth, from 0; empty for bullets and unnumbered levels."""
        level = levels.get(depth)
        if level is None or not level.get(FORMAT):
            return ""
        first = _integer(start or level.get(START), 1)
        restarts = start is not None or depth not in self._numbers
        self._numbers[depth] = first if restarts else self._numbers[depth] + 1
        self._numbers = {other: number for other, number in self._numbers.items() if other <= depth}
        shown = range(max(0, depth + 1 - min(_integer(level.get(DISPLAY_LEVELS), 1), MAX_SHOWN)), depth + 1)
        parts = [
            formatted(self._numbers.get(other, 1), levels[other].get(FORMAT)) for other in shown if other in levels
        ]
        return f"{level.get(PREFIX, '')}{'.'.join(filter(None, parts))}{level.get(SUFFIX, '')}".strip()


def formatted(number: int, style: str | None) -> str:
    """A number as 1, a, A, i or I count.

    >>> formatted(4, "I"), formatted(28, "a"), formatted(7, "1")
    ('IV', 'bb', '7')
    """
    match style:
        case "a" | "A" if number <= MAX_LETTERED:
            letter = chr(ord("a") + (number - 1) % LETTERS) * ((number - 1) // LETTERS + 1)
        case "i" | "I":
            letter = _roman(number)
        case _:
            return str(number) if style else ""
    return letter.upper() if style.isupper() else letter


def _roman(number: int) -> str:
    if not 0 < number <= MAX_ROMAN:
        return str(number)
    text = ""
    for value, letters in ROMAN:
        text += letters * (number // value)
        number %= value
    return text


def _integer(text: str | None, default: int) -> int:
    return int(text) if text and text.isdigit() and len(text) < 10 else default
