"""The parts of a zipped document: XML of an Office, OpenDocument or EPUB file, and what its relationships lead to."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator
from typing import Any

from lxml import etree

from pipeline.convert import safe_xml

MAX_BYTES = 300_000_000  # of all parts read, unpacked
# The strict form of Office Open XML differs from the usual one in the names of its namespaces only.
STRICT, TRANSITIONAL = (
    re.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/"),
    rb"http://schemas.openxmlformats.org/\1/2006/",
)
NUMBER = re.compile(r"(\d+)\D*$")


class Package:
    """Reads parts by name; XML without entities, network or unbounded nesting."""

    def __init__(self, data: bytes) -> None:
        self._archive = zipfile.ZipFile(io.BytesIO(data))
        self.names = self._archive.namelist()
        self._known = set(self.names)
        self._bytes_left = MAX_BYTES

    def read(self, name: str) -> bytes:
        """The bytes of a part, none if there is no such part. Raises ValueError when it is too much."""
        if name not in self._known:
            return b""
        self._bytes_left -= self._archive.getinfo(name).file_size
        if self._bytes_left < 0:
            raise ValueError("the file unpacks to more than is counted")
        return self._archive.read(name)

    def xml(self, name: str) -> Any:
        """The root element, or an empty one for a part that is missing or not XML."""
        data = self.read(name)
        return parsed(STRICT.sub(TRANSITIONAL, data) if b"purl.oclc.org/ooxml" in data else data)

    def matching(self, pattern: str) -> list[str]:
        """Names that the pattern matches whole, in the order of the number they end with."""
        found = [name for name in self.names if re.fullmatch(pattern, name)]
        return sorted(dict.fromkeys(found), key=lambda name: (number_of(name), name))

    def related(self, name: str, kind: str) -> Iterator[tuple[str, str]]:
        """(id, part) of the relationships of a part whose type ends with `kind`."""
        folder, base = posixpath.split(name)
        for relation in self.xml(f"{folder}/_rels/{base}.rels"):
            target = relation.get("Target", "")
            if relation.get("Type", "").endswith(f"/{kind}") and relation.get("TargetMode") != "External":
                path = target[1:] if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
                yield relation.get("Id", ""), path


def parsed(data: bytes) -> Any:
    """The root element, or an empty one for what is not XML."""
    try:
        return safe_xml.parse(data)
    except etree.XMLSyntaxError:
        return etree.Element("nothing")


def number_of(name: str) -> int:
    """The last number in a part's name."""
    found = NUMBER.search(posixpath.basename(name))
    return int(found[1]) if found else 0


def local(element: Any) -> str:
    """An element's name without its namespace; nothing for processing instructions and entities."""
    tag = element.tag
    return tag.rsplit("}", 1)[-1] if isinstance(tag, str) else ""
