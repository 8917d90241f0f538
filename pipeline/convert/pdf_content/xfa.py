"""XFA forms (Adobe LiveCycle): their values stand in XML beside the pages, which show them only in Adobe's programs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from lxml import etree
from pikepdf import Array, Dictionary, Pdf, Stream

from pipeline.convert import safe_xml

MAX_BYTES = 20_000_000
MAX_LINES = 5000


def xfa_lines(document: Pdf, written: set[str]) -> tuple[list[str], list[str]]:
    """Lines "label: value" for the values that stand in no field of a page, and warnings."""
    form = document.Root.get("/AcroForm")
    packets = form.get("/XFA") if isinstance(form, Dictionary) else None
    if packets is None:
        return [], []
    root = _parsed(_bytes(packets))
    if root is None:
        return [], ["The PDF's XFA form is damaged and was not read."]
    captions = _captions(root)
    values = [(name, value) for name, value in _values(root) if value not in written]
    lines = [f"{_next(captions, name)}: {value}" for name, value in values[:MAX_LINES]]
    warning = f"The PDF is an XFA form; values that no page shows were put at the end: {len(lines)}."
    return lines, [warning] if lines or document.Root.get("/NeedsRendering") else []


def _bytes(packets: Any) -> bytes:
    """The XML, of which the packets are pieces, every other entry being a name."""
    parts = list(packets)[1::2] if isinstance(packets, Array) else [packets]
    whole = b"".join(part.read_bytes() for part in parts if isinstance(part, Stream))
    return whole[:MAX_BYTES]


def _parsed(data: bytes) -> etree._Element | None:
    try:
        return safe_xml.parse(data, recover=True)
    except (etree.XMLSyntaxError, ValueError):
        return None


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _captions(root: etree._Element) -> dict[str, list[str]]:
    """The captions of the template's fields, by field name, in order."""
    captions: dict[str, list[str]] = defaultdict(list)
    for field in root.iter("{*}field"):
        caption = next((child for child in field if _local(child) == "caption"), None)
        text = "" if caption is None else " ".join(" ".join(str(part) for part in caption.itertext()).split())
        captions[str(field.get("name", ""))].append(text.rstrip(":"))
    return captions


def _next(captions: dict[str, list[str]], name: str) -> str:
    """A field that is repeated has its caption once a copy."""
    known = captions.get(name, [])
    caption = known.pop(0) if len(known) > 1 else known[0] if known else ""
    return caption or name


def _values(root: etree._Element) -> Iterator[tuple[str, str]]:
    """Names and texts of the innermost elements of the data."""
    for data in root.iter("{http://www.xfa.org/schema/xfa-data/1.0/}data"):
        for element in data.iter("*"):
            text = " ".join((element.text or "").split())
            if not len(element) and text:
                yield _local(element), text
