"""An OpenDocument file as its XML parts, whether it is an archive or one flat file."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from pipeline.convert import safe_xml
from pipeline.convert.limits import refuse_unpacked
from pipeline.convert.office.archive import inspect_office
from pipeline.convert.opendocument.names import NAMESPACES, name
from pipeline.errors import ErrorCode, PermanentError
from pipeline.settings.sections import ConversionSettings

Element = Any  # lxml has no types
ZIP_SIGNATURE = b"PK\x03\x04"
MANIFEST = "META-INF/manifest.xml"


@dataclass(frozen=True)
class Package:
    """Parts by their names in the archive; of a flat file every part is the whole."""

    _archive: zipfile.ZipFile | None
    _flat: Element = None
    _parsed: dict[str, Element] = field(default_factory=dict)
    _unpacked: dict[str, bytes | None] = field(default_factory=dict)

    def part(self, path: str) -> Element:
        """The root of an XML part; an empty element if there is none. Raises PermanentError (CORRUPT)."""
        if self._archive is None:
            return self._flat
        if path not in self._parsed:
            data = self._read(path)
            self._parsed[path] = etree.Element("none") if data is None else _parse(data)
        return self._parsed[path]

    def file(self, path: str) -> bytes | None:
        """The bytes at a path of the archive, unpacked once; None if it has none there, or the file is a flat one."""
        if path not in self._unpacked:
            self._unpacked[path] = self._read(path)
        return self._unpacked[path]

    def _read(self, path: str) -> bytes | None:
        try:
            return self._archive.read(path) if self._archive else None
        except KeyError:
            return None

    def body(self, kind: str) -> Element:
        """The element that holds the content: kind is text, spreadsheet, presentation or drawing."""
        found = self.part("content.xml").find(f"{name('office:body')}/{name(f'office:{kind}')}")
        if found is None:
            raise _damaged()
        return found


def open_package(data: bytes, settings: ConversionSettings) -> Package:
    """Raises PermanentError: corrupt, encrypted, too_large or too_long."""
    if not data.startswith(ZIP_SIGNATURE):
        refuse_unpacked(len(data), settings)
        return Package(None, _parse(data))
    inspect_office(data, settings)
    package = Package(zipfile.ZipFile(io.BytesIO(data)))
    if package.part(MANIFEST).find(".//manifest:encryption-data", NAMESPACES) is not None:
        raise PermanentError(
            "The document is protected by a password: publish a copy without one.", ErrorCode.ENCRYPTED
        )
    return package


def _parse(data: bytes) -> Element:
    try:
        return safe_xml.parse(data)
    except etree.XMLSyntaxError as error:
        raise _damaged() from error


def _damaged() -> PermanentError:
    return PermanentError(
        "The file is a damaged OpenDocument file: open it in its program and save it again.", ErrorCode.CORRUPT
    )
