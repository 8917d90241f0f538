"""What a file hides and is kept nonetheless, and what of it could not be read, counted for its warnings."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

# What is counted -> one, several.
KINDS: Final = {
    "hidden_sheets": ("1 hidden sheet was kept as text.", "{} hidden sheets were kept as text."),
    "hidden_lines": ("1 hidden row or column was kept as text.", "{} hidden rows and columns were kept as text."),
    "hidden_slides": ("1 hidden slide was kept as text.", "{} hidden slides were kept as text."),
    "hidden_shapes": ("1 hidden shape was kept as text.", "{} hidden shapes were kept as text."),
    "hidden_passages": ("1 passage of hidden text was kept.", "{} passages of hidden text were kept."),
    "formulas": (
        "1 formula has no stored result: open the file in its program and save it again.",
        "{} formulas have no stored result: open the file in its program and save it again.",
    ),
    "pictures": ("1 picture was not read.", "{} pictures were not read."),
    "embedded": ("1 embedded file was not read.", "{} embedded files were not read."),
}


@dataclass
class Noticed:
    """Counts by kind."""

    counts: Counter[str] = field(default_factory=Counter)

    def add(self, kind: str, count: int = 1) -> None:
        """Count `count` more of a kind, a key of `KINDS`."""
        self.counts[kind] += count

    def warnings(self) -> list[str]:
        """A sentence for each kind that was counted, in the order of `KINDS`."""
        found = ((KINDS[kind], self.counts[kind]) for kind in KINDS if self.counts[kind])
        return [one if count == 1 else several.format(count) for (one, several), count in found]
