"""Elements of HTML that a page and Markdown have in common, and what is written in their place."""

from __future__ import annotations

from typing import Final

FORMATTING: Final = (
    *("a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "data", "del", "dfn", "em", "font", "i", "ins", "kbd"),
    *("mark", "nobr", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr"),
)
STRUCK_TAGS: Final = ("s", "strike", "del")
CHECKED, UNCHECKED = "[x]", "[ ]"
