"""Where links of an HTML page lead, for readers of the text: `edital (https://…)`."""

from __future__ import annotations

from lxml import etree

from pipeline.convert.marks import address_behind


def add_addresses(page: etree._Element) -> None:
    """In place, behind the text of each link, unless the text is the address; links within the site have none."""
    for link in page.iter("a"):
        shown = "".join(link.itertext()) or "".join(image.get("alt", "") for image in link.iter("img"))
        is_shown = shown.strip() or link.find(".//img") is not None
        if is_shown and (address := address_behind(shown, link.get("href", ""))):
            _append(link, address)


def _append(link: etree._Element, text: str) -> None:
    """Before a last line break or blank, so that the address stands on the line of its text."""
    if len(link):
        link[-1].tail = f"{(link[-1].tail or '').rstrip()}{text}"
    else:
        link.text = f"{(link.text or '').rstrip()}{text}"
