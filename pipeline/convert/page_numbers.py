"""What stands around the page numbers of running headers and footers, and says nothing without them."""

from __future__ import annotations

import re
from typing import Final

NO_TEXT: Final = re.compile(r"\W*(?:(?:páginas?|págs?|pages?|p|folhas?|fls?|de|of)\b\W*)*", re.I)


def without_empty_lines(text: str) -> str:
    """The lines that say something."""
    return "\n".join(line for line in text.split("\n") if not NO_TEXT.fullmatch(line))
