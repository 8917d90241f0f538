"""The marks that tell in plain text what a file tells by formatting: struck text, addresses of links."""

from __future__ import annotations

import itertools
import operator
import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import unquote

STRUCK: Final = "~~"
SCHEMES = ("http://", "https://", "ftp://")
MAIL = "mailto:"
MAX_CHARACTERS = 2000  # what browsers took as an address for decades; longer ones hold data, not a place
NOISE = re.compile(r"^https?://|^www\.|/$", re.I)


def struck(text: str) -> str:
    """Revoked text, marked as in Markdown; white space stays outside.

    >>> struck("cinco dias ")
    '~~cinco dias~~ '
    """
    inner = text.strip()
    return text.replace(inner, f"{STRUCK}{inner}{STRUCK}", 1) if inner else text


def joined(pieces: Iterable[tuple[str, bool]]) -> str:
    """One text of several; struck ones that are neighbours are marked as one.

    >>> joined([("por ", False), ("cinco", True), (" dias", True)])
    'por ~~cinco dias~~'
    """
    runs = itertools.groupby(filter(operator.itemgetter(0), pieces), key=operator.itemgetter(1))
    texts = ((is_struck, "".join(text for text, _ in run)) for is_struck, run in runs)
    return "".join(struck(text) if is_struck else text for is_struck, text in texts)


def address_behind(shown: str, target: str) -> str:
    """` (https://…)` to stand behind a link's text; empty when the text says it already, or within the same site."""
    address = _address(target)
    return f" ({address})" if address and _bare(address) not in _bare(shown) else ""


def _address(target: str) -> str:
    address = "%20".join(target[: MAX_CHARACTERS + 1].split())
    if address.lower().startswith(MAIL):
        address = unquote(address[len(MAIL) :].partition("?")[0])
    elif not address.lower().startswith(SCHEMES):
        return ""
    return address if len(target) <= MAX_CHARACTERS else ""


def _bare(address: str) -> str:
    """Without what people leave out when they write an address."""
    bare = "".join(unquote(address).split()).casefold()
    return NOISE.sub("", NOISE.sub("", bare))
