"""How struck (revoked) text is marked in formats that are read without Docling."""

from __future__ import annotations

MARK = "~~"  # as Markdown writes it


def mark_struck(text: str) -> str:
    """
    >>> mark_struck("cinco dias ")
    '~~cinco dias~~ '
    """
    core = text.strip()
    return text.replace(core, f"{MARK}{core}{MARK}", 1) if core else text
