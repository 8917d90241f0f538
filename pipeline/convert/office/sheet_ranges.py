"""The ranges of a sheet, merged, linked or formatted, as many of them as its cells can need.

openpyxl and Docling 2.143 take time for each range and for each of its places; Excel writes no two that begin alike.
"""

from __future__ import annotations

from typing import Final

from lxml import etree

from pipeline.convert.office.names import S

MOST: Final = 20_000  # of a kind in a sheet; where links lead is written in their cells before
BEGINNING: Final = {f"{S}mergeCell": "ref", f"{S}hyperlink": "ref", f"{S}col": "min"}


def limit_ranges(sheet: etree._Element) -> None:
    """In place: the first range that begins at a cell, and no more than `MOST`."""
    for kind, attribute in BEGINNING.items():
        begun: set[str] = set()
        for element in list(sheet.iter(kind)):
            first = element.get(attribute, "").partition(":")[0]
            if first in begun or len(begun) >= MOST:
                element.getparent().remove(element)
            begun.add(first)
