"""Definitions of links (`[a]: address "title"`), for each of which marko 2.2 would read on to the end of the text."""

from __future__ import annotations

import re
from typing import Final

from marko.block import LinkRefDef
from marko.source import Source

MOST: Final = 5_000  # characters of one definition
PATTERN: Final = re.compile(rf" {{,3}}(\[(?:(?!\n\n)[\s\S]){{0,{MOST}}}+)")
_match = LinkRefDef.__dict__["match"].__func__


def bound_definitions() -> None:
    """For all of this process."""
    LinkRefDef.match = classmethod(_bounded_match)  # type: ignore[method-assign, assignment]


def _bounded_match(cls: type[LinkRefDef], source: Source) -> bool:
    """Whether a definition begins here; only so much of the text is looked at, and none behind a blank line."""
    found = source.expect_re(PATTERN)
    if not found:
        return False
    start, end = found.span(1)
    part = Source(source._buffer[start : end + 2])  # with the blank line behind it
    if not _match(cls, part):
        return False
    info = part.context.linkref_info
    source.context.linkref_info = info._replace(end=start + info.end)
    return True
