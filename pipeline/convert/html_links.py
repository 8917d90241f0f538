"""Where links of an HTML page lead, for readers of the text: `edital (https://…)`."""

from __future__ import annotations

import re
from urllib.parse import unquote

from lxml import etree

SCHEMES = ("http://", "https://", "ftp://")
MAIL = "mailto:"
MAX_CHARACTERS = 2000  # what browsers took as an address for decades; longer ones hold data, not a place
NOISE = re.compile(r"^https?://|^www\.|/$", re.I)


def add_addresses(page: etree._Element) -> None:
    """In place, behind the text of each link, unless the text is the address; links within the site have none."""
    for link in page.iter("a"):
        shown = "".join(link.itertext()) or "".join(image.get("alt", "") for image in link.iter("img"))
        is_shown = shown.strip() or link.find(".//img") is not None
        if is_shown and (address := address_to_add(shown, link.get("href", ""))):
            _append(link, f" ({address})")


def address_to_add(shown: str, target: str) -> str | None:
    """The address that a reader of `shown` does not see; None for none, or one that leads to the same site."""
    address = "%20".join(target[: MAX_CHARACTERS + 1].split())
    if address.lower().startswith(MAIL):
        address = unquote(address[len(MAIL) :].partition("?")[0])
    elif not address.lower().startswith(SCHEMES):
        return None
    return address if address and len(target) <= MAX_CHARACTERS and _bare(address) not in _bare(shown) else None


def _bare(address: str) -> str:
    bare = "".join(unquote(address).split()).casefold()
    return NOISE.sub("", NOISE.sub("", bare))


def _append(link: etree._Element, text: str) -> None:
    """Before a last line break or blank, so that the address stands on the line of its text."""
    if len(link):
        link[-1].tail = f"{(link[-1].tail or '').rstrip()}{text}"
    else:
        link.text = f"{(link.text or '').rstrip()}{text}"
