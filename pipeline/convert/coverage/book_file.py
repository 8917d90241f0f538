"""The passages of an EPUB: its pages in reading order."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from urllib.parse import unquote

from pipeline.convert.coverage.package import Package
from pipeline.convert.coverage.passages import Passage
from pipeline.convert.coverage.web_page import page_passages

CONTAINER = "META-INF/container.xml"


def book_passages(data: bytes) -> Iterator[Passage]:
    package = Package(data)
    root = package.xml(CONTAINER).find(".//{*}rootfile")
    name = root.get("full-path", "") if root is not None else ""
    contents = package.xml(name)
    items = {item.get("id"): item.get("href", "") for item in contents.iterfind("{*}manifest/{*}item")}
    for number, entry in enumerate(contents.iterfind("{*}spine/{*}itemref"), 1):
        part = posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(items.get(entry.get("idref"), ""))))
        for passage in page_passages(package.read(part)):
            yield Passage(passage.kind, f"chapter {number}, {passage.place}", passage.text, passage.left_out)
