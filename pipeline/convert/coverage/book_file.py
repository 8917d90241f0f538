"""The passages of an EPUB: its pages in reading order."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import unquote

from pipeline.convert.coverage.package import Package
from pipeline.convert.coverage.passages import Passage
from pipeline.convert.coverage.pictures import pictures
from pipeline.convert.coverage.web_page import page_passages

PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp")
CONTAINER = "META-INF/container.xml"


def book_passages(data: bytes) -> Iterator[Passage]:
    """Every page of the spine in order, then the pictures. `data` is the EPUB; raises what `Package` raises."""
    package = Package(data)
    root = package.xml(CONTAINER).find(".//{*}rootfile")
    name = root.get("full-path", "") if root is not None else ""
    contents = package.xml(name)
    items = {item.get("id"): item.get("href", "") for item in contents.iterfind("{*}manifest/{*}item")}
    hrefs = dict.fromkeys(items.get(entry.get("idref"), "") for entry in contents.iterfind("{*}spine/{*}itemref"))
    folder = posixpath.dirname(name)
    parts = (posixpath.normpath(posixpath.join(folder, unquote(href).partition("#")[0])) for href in hrefs)
    for number, part in enumerate(dict.fromkeys(parts), 1):
        for passage in page_passages(package.read(part)):
            yield replace(passage, place=f"chapter {number}, {passage.place}")
    yield from pictures(package.read(name) for name in package.names if name.lower().endswith(PICTURES))
