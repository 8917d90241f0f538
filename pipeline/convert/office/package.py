"""An Office file as its parts and what they refer to; changed parts are written back into a file of the same kind."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from pipeline.convert import safe_xml

CONTENT_TYPES: Final = "[Content_Types].xml"
RELATIONSHIPS: Final = "http://schemas.openxmlformats.org/package/2006/relationships"
COMMENT: Final = b"<!--"  # which Docling takes for an element
STRICT: Final = b"http://purl.oclc.org/ooxml/"
STRICT_NAME: Final = re.compile(rb"http://purl\.oclc\.org/ooxml/([A-Za-z0-9]+)/([A-Za-z0-9_./-]+)")
# Macros and templates are documents, too; what reads the file takes only the plain kinds.
KIN: Final = (
    (
        rb"application/vnd\.ms-word\.(?:document|template)\.macroEnabled(?:Template)?\.main\+xml",
        b"wordprocessingml.document",
    ),
    (
        rb"application/vnd\.openxmlformats-officedocument\.wordprocessingml\.template\.main\+xml",
        b"wordprocessingml.document",
    ),
    (
        rb"application/vnd\.ms-powerpoint\.(?:presentation|template|slideshow)\.macroEnabled\.main\+xml",
        b"presentationml.presentation",
    ),
    (
        rb"application/vnd\.openxmlformats-officedocument\.presentationml\.(?:template|slideshow)\.main\+xml",
        b"presentationml.presentation",
    ),
    (rb"application/vnd\.ms-excel\.(?:sheet|template|addin)\.macroEnabled\.main\+xml", b"spreadsheetml.sheet"),
    (rb"application/vnd\.openxmlformats-officedocument\.spreadsheetml\.template\.main\+xml", b"spreadsheetml.sheet"),
)
EPOCH: Final = (1980, 1, 1, 0, 0, 0)
XML: Final = (".xml", ".rels", ".vml")


def parse_xml(data: bytes) -> etree._Element | None:
    """The root; None for a part with a DTD, which Office never writes.

    Raises XMLSyntaxError.
    """
    root = safe_xml.parse(data)
    return root if root.getroottree().docinfo.internalDTD is None else None


@dataclass(frozen=True)
class Relationship:
    """Another part, or with `is_external` an address, that a part refers to; `kind` is the last word of its type."""

    kind: str
    target: str
    is_external: bool


@dataclass
class Package:
    """The parts by name. A tree that `xml` returns may be changed: `save` writes it back."""

    archive: zipfile.ZipFile
    names: dict[str, zipfile.ZipInfo]
    trees: dict[str, etree._Element | None] = field(default_factory=dict)
    is_irregular: bool = False
    """Whether a part was asked for that is no plain XML."""
    _relationships: dict[str, dict[str, Relationship]] = field(default_factory=dict)
    _met: set[str] = field(default_factory=set)

    @classmethod
    def open(cls, data: bytes) -> Package:
        """Raises BadZipFile."""
        archive = zipfile.ZipFile(io.BytesIO(data))
        return cls(archive, {member.filename: member for member in archive.infolist() if not member.is_dir()})

    def read(self, name: str) -> bytes:
        """The part's bytes; empty if there is no such part."""
        if name not in self.names:
            return b""
        data = self.archive.read(self.names[name])
        if name.endswith(XML) and STRICT in data:
            return STRICT_NAME.sub(rb"http://schemas.openxmlformats.org/\1/2006/\2", data)
        return data

    def xml(self, name: str) -> etree._Element | None:
        """The part's root, or None when it is missing or no plain XML: for the reader of the file to refuse."""
        if name not in self.trees:
            try:
                self.trees[name] = parse_xml(self.read(name))
            except etree.XMLSyntaxError:
                self.trees[name] = None
            self.is_irregular |= self.trees[name] is None and name in self.names
        return self.trees[name]

    def relationships(self, name: str) -> dict[str, Relationship]:
        """What a part refers to, by the identifier that its XML uses."""
        if name not in self._relationships:
            self._relationships[name] = self._read_relationships(name)
        return self._relationships[name]

    def related(self, name: str, kind: str) -> list[str]:
        """The parts of one kind that a part refers to, each once, in the order of its list."""
        every = [link for link in self.relationships(name).values() if link.kind == kind and not link.is_external]
        return list(dict.fromkeys(link.target for link in every if link.target in self.names))

    def main_part(self, kind: str) -> str:
        """The name of the document, presentation or workbook itself."""
        usual = {"docx": "word/document.xml", "pptx": "ppt/presentation.xml", "xlsx": "xl/workbook.xml"}[kind]
        return next(iter(self.related("", "officeDocument")), usual)

    def is_new(self, name: str) -> bool:
        """Whether the part is there and was not asked for before: what is shown again is not read again."""
        if name not in self.names or name in self._met:
            return False
        self._met.add(name)
        return True

    def was_met(self, name: str) -> bool:
        """Whether `is_new` was asked for the part."""
        return name in self._met

    def save(self, change: Callable[[bytes], bytes] = bytes) -> bytes:
        """The file with its changed trees, and other parts as `change` has them; equal parts give equal bytes."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
            for name in self.names:
                info = zipfile.ZipInfo(name, EPOCH)
                info.compress_type = zipfile.ZIP_DEFLATED if name.endswith(XML) else zipfile.ZIP_STORED
                data = self._written(name)
                target.writestr(info, data if name.endswith(XML) else change(data))
        return buffer.getvalue()

    def _written(self, name: str) -> bytes:
        if name.endswith(XML) and name not in self.trees and COMMENT in self.read(name):
            self.xml(name)
        tree = self.trees.get(name)
        if tree is None:
            data = self.read(name)
        else:
            data = bytes(etree.tostring(tree, xml_declaration=True, encoding="UTF-8", standalone=True))
        return _plain_types(data) if name == CONTENT_TYPES else data

    def list_relationships(self, name: str) -> None:
        """Add the list of what a part refers to, which is empty, where there is none: openpyxl 3.1 fails without."""
        listed = _list_of(name)
        if listed not in self.names:
            self.names[listed] = zipfile.ZipInfo(listed)
            self.trees[listed] = etree.Element(f"{{{RELATIONSHIPS}}}Relationships", nsmap={None: RELATIONSHIPS})

    def forget(self, name: str, kind: str) -> None:
        """A part no longer refers to parts of a kind: what reads the file does not open them."""
        root = self.xml(_list_of(name))
        for link in list(root) if root is not None else ():
            if link.get("Type", "").endswith(f"/{kind}"):
                link.getparent().remove(link)

    def _read_relationships(self, name: str) -> dict[str, Relationship]:
        folder = posixpath.dirname(name)
        root = self.xml(_list_of(name))
        found = {}
        for link in root if root is not None else ():
            is_external = link.get("TargetMode") == "External"
            target = link.get("Target", "")
            if not is_external:
                target = posixpath.normpath(posixpath.join("/", folder, target.partition("#")[0]))[1:]
            found[link.get("Id", "")] = Relationship(link.get("Type", "").rpartition("/")[2], target, is_external)
        return found


def _list_of(name: str) -> str:
    """The part that lists what a part refers to."""
    folder, file = posixpath.split(name)
    return posixpath.join(folder, "_rels", f"{file}.rels")


def _plain_types(data: bytes) -> bytes:
    for pattern, plain in KIN:
        data = re.sub(pattern, rb"application/vnd.openxmlformats-officedocument." + plain + rb".main+xml", data)
    return data
