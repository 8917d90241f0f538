"""Levels of lists, which Docling 2.143 looks for in all of a Word file's numbering, five times for each list item."""

from __future__ import annotations

from typing import Any, Final

from docling.backend.msword_backend import MsWordDocumentBackend

_find: Final = MsWordDocumentBackend._get_level_element


def remember_levels() -> None:
    """For all of this process; what is found belongs to the backend of one document."""
    MsWordDocumentBackend._get_level_element = _level  # type: ignore[method-assign]


def _level(self: Any, numid: int, ilvl: int) -> Any:
    known: dict[tuple[int, int], Any] = self.__dict__.setdefault("levels_known", {})
    if (numid, ilvl) not in known:
        known[numid, ilvl] = _find(self, numid, ilvl)
    return known[numid, ilvl]
