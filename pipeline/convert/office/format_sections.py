"""A number format taken apart: up to four sections of digits, signs and text (ECMA-376 part 1, 18.8.31)."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

GENERAL: Final = frozenset({"general", "geral", "standard"})
TOKEN: Final = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|\[\$(?P<currency>[^\]-]*)(?:-[^\]]*)?\]|\[(?P<bracket>[^\]]*)\]'
    r"|_(?P<space>.)|\*(?P<fill>.)|(?P<general>General|Geral)|(?P<exponent>[Ee][+-])|(?P<other>.)",
    re.S | re.I,
)
CONDITION: Final = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?[\d.]+)")
DIGITS: Final = "0#?"


@dataclass(frozen=True)
class Token:
    """`kind` is `text`, `digit`, `point`, `comma`, `percent`, `slash`, `exponent`, `general`, `at` or `date`."""

    kind: str
    text: str = ""


@dataclass(frozen=True)
class Section:
    """One of the parts of a format: for positive and negative numbers, for zero and for text."""

    code: str
    tokens: tuple[Token, ...]
    condition: tuple[str, Decimal] | None

    def fits(self, value: Decimal) -> bool:
        """Whether the section is for this value; one without a condition is for any."""
        if self.condition is None:
            return True
        sign, limit = self.condition
        return {
            "<": value < limit, "<=": value <= limit, ">": value > limit,
            ">=": value >= limit, "=": value == limit, "<>": value != limit,
        }[sign]  # fmt: skip


@functools.lru_cache(maxsize=512)
def parse(code: str) -> tuple[Section, ...]:
    """The parts of a format in their order."""
    return tuple(_section(part) for part in _split(code))


def _split(code: str) -> list[str]:
    parts = [""]
    for token in TOKEN.finditer(code):
        if token["other"] == ";":
            parts.append("")
        else:
            parts[-1] += token.group()
    return parts


def _section(code: str) -> Section:
    condition = None
    tokens = []
    for match in TOKEN.finditer("General" if code.strip().lower() in GENERAL else code):
        if match["bracket"] is not None and (found := CONDITION.fullmatch(match["bracket"])):
            condition = (found[1], Decimal(found[2]))
        elif match["bracket"] is None:
            tokens.append(_token(match))
    return Section(code, tuple(token for token in tokens if token.kind != "fill"), condition)


def _token(match: re.Match[str]) -> Token:
    for name in ("quoted", "escaped", "currency"):
        if match[name] is not None:
            return Token("text", match[name])
    if match["space"] is not None:
        return Token("text", " ")
    if match["fill"] is not None:
        return Token("fill")
    if match["general"]:
        return Token("general")
    if match["exponent"]:
        return Token("exponent", match["exponent"])
    kinds = {".": "point", ",": "comma", "%": "percent", "/": "slash", "@": "at"}
    other = match["other"]
    return Token("digit" if other in DIGITS else kinds.get(other, "text"), other)
