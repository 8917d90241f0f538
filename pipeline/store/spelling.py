"""Names as people type them: without regard to case and accents."""

from __future__ import annotations

import unicodedata


def plain(text: str) -> str:
    """Equal for texts that differ in case and accents alone."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))
