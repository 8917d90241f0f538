"""Numbers of ordered lists of an HTML page, as browsers show them: `II.` is what a norm's reader cites.

Docling 2.143 numbers only lists with `start`, and those in digits; the marker of a style it takes as it is.
"""

from __future__ import annotations

from lxml import etree

MARKER_STYLE = "list-style-type: '{} '"
MOST = 3999  # what Roman numerals are made for
ROMAN = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl")),
    *((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)


def number_lists(page: etree._Element) -> None:
    """In place. Lists whose style says that they have no numbers stay without."""
    for ordered in page.iter("ol"):
        if "none" not in ordered.get("style", ""):
            _number(ordered, list(ordered.iterchildren("li")))


def _number(ordered: etree._Element, items: list[etree._Element]) -> None:
    is_reversed = ordered.get("reversed") is not None
    number = _integer(ordered.get("start"), len(items) if is_reversed else 1)
    for item in items:
        number = _integer(item.get("value"), number)
        item.set("style", MARKER_STYLE.format(f"{_written(number, ordered.get('type', '1'))}."))
        number += -1 if is_reversed else 1


def _written(number: int, kind: str) -> str:
    if kind not in ("a", "A", "i", "I") or not 0 < number <= MOST:
        return str(number)
    text = _roman(number) if kind in "iI" else _letters(number)
    return text.upper() if kind.isupper() else text


def _letters(number: int) -> str:
    """a to z, then aa, ab …"""
    text = ""
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(ord("a") + rest) + text
    return text


def _roman(number: int) -> str:
    text = ""
    for value, digits in ROMAN:
        count, number = divmod(number, value)
        text += digits * count
    return text


def _integer(value: str | None, default: int) -> int:
    try:
        return int(value[:9]) if value else default
    except ValueError:
        return default
