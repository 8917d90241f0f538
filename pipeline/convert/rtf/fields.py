"""What a field of an RTF file shows beside the result that is stored with it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from pipeline.convert.marks import address_behind

PAGE: Final = re.compile(r"\s*(?:PAGE|NUMPAGES|SECTIONPAGES)\b", re.I)
LINK: Final = re.compile(r'\s*HYPERLINK\s+"([^"]+)"', re.I)
SYMBOL: Final = re.compile(r"\s*SYMBOL\s+(\d{2,3})\b.*Wingdings", re.I)
PRIVATE_USE: Final = 0xF000  # where the characters of such fonts are


@dataclass
class Field:
    """`start` is where its result begins in the story; `choice` what is chosen in the list that it is."""

    start: int
    instruction: str = ""
    choice: str = ""

    @property
    def is_page_number(self) -> bool:
        return PAGE.match(self.instruction) is not None

    def behind(self, result: str) -> str:
        """Where a link leads, or the result if none is stored."""
        if link := LINK.match(self.instruction):
            return address_behind(result, link[1]) if result.strip() else ""
        if result.strip():
            return ""
        symbol = SYMBOL.match(self.instruction)
        return chr(PRIVATE_USE + int(symbol[1]) % 0x100) if symbol else self.choice


class FormField:
    """The words and entries of one field of a form."""

    def __init__(self) -> None:
        self.words: dict[str, int] = {}
        self.entries: list[str] = []

    def tick(self) -> str:
        """The state of a box, empty for other fields."""
        return f"[{'x' if self._chosen() else ' '}] " if self.words.get("fftype") == 1 else ""

    def choice(self) -> str:
        """What is chosen in a list, empty for other fields."""
        is_list = self.words.get("fftype") == 2 and 0 <= self._chosen() < len(self.entries)
        return self.entries[self._chosen()] if is_list else ""

    def _chosen(self) -> int:
        state = self.words.get("ffres", UNCHANGED)
        return self.words.get("ffdefres", 0) if state == UNCHANGED else state


UNCHANGED: Final = 25
