"""An EPUB book as one page: the documents of its spine in reading order, with their pictures."""

from __future__ import annotations

import html
import io
import posixpath
import re
import zipfile
from collections.abc import Iterator
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from lxml import etree

from pipeline.convert import safe_xml
from pipeline.convert.charset import decode_as
from pipeline.convert.office.archive import inspect_office
from pipeline.convert.properties import Found, validated
from pipeline.convert.web_page import SOURCE, WebPage, body_of, page_of, with_pictures
from pipeline.errors import ErrorCode, PermanentError
from pipeline.settings.sections import ConversionSettings

CONTAINER, ENCRYPTION = "META-INF/container.xml", "META-INF/encryption.xml"
OPF = "{http://www.idpf.org/2007/opf}"
DC = "{http://purl.org/dc/elements/1.1/}"
FIELDS = {"title": "title", "creator": "author", "description": "description", "date": "created_date"}
FIELDS |= {"language": "language"}
MAX_SHEET_BYTES = 1_000_000
MAX_PICTURES_BYTES = 50_000_000


def read_epub(data: bytes, settings: ConversionSettings) -> WebPage:
    """Raises PermanentError."""
    inspect_office(data, settings)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        book = _Book(archive)
        spine = list(book.spine())
        book.refuse_locked(spine)
        bodies = [book.body(path) for path in spine]
    missing = bodies.count(None)
    notes = [f"Parts of the book that are missing: {missing}."] if missing else []
    found = book.properties()
    return WebPage(page_of(filter(None, bodies)), Found(found.properties, (*found.warnings, *notes)))


class _Book:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = set(archive.namelist())
        self._pictures_bytes = 0
        self._shown: set[str] = set()
        container = self._xml(CONTAINER)
        roots = [element.get("full-path", "") for element in container.iter() if _local(element) == "rootfile"]
        self._opf_path = next((path for path in roots if path in self._names), "")
        self._opf = self._xml(self._opf_path)

    @cached_property
    def _sheets(self) -> str:
        """All style sheets of the book, as far as they are no larger than any that people write."""
        names = sorted(name for name in self._names if name.endswith(".css"))
        kept = (name for name in names if self._archive.getinfo(name).file_size <= MAX_SHEET_BYTES)
        return "\n".join(self._archive.read(name).decode("utf-8", "replace") for name in kept)[:MAX_SHEET_BYTES]

    def spine(self) -> Iterator[str]:
        """Paths of the documents in reading order, each once."""
        folder = posixpath.dirname(self._opf_path)
        hrefs = {item.get("id"): item.get("href", "") for item in self._opf.iter(f"{OPF}item")}
        refs = dict.fromkeys(hrefs.get(entry.get("idref"), "") for entry in self._opf.iter(f"{OPF}itemref"))
        paths = (posixpath.normpath(posixpath.join(folder, unquote(href).partition("#")[0])) for href in refs if href)
        return iter(dict.fromkeys(paths))

    def refuse_locked(self, spine: list[str]) -> None:
        """Raises PermanentError (ENCRYPTED) for a book that only one reader's device may open."""
        if ENCRYPTION not in self._names:
            return
        locked = {unquote(element.get("URI", "")) for element in self._xml(ENCRYPTION).iter()}
        if locked & set(spine):  # fonts may be locked in any book
            raise PermanentError("The book is protected against copying: publish a free copy.", ErrorCode.ENCRYPTED)

    def body(self, path: str) -> str | None:
        if path not in self._names:
            return None
        body = body_of(_declared(self._archive.read(path)), self._sheets)
        addresses = dict.fromkeys(match[3] for match in SOURCE.finditer(body))
        found = ((html.unescape(address), self._picture(path, address)) for address in addresses)
        return with_pictures(body, {address: data for address, data in found if data})

    def _picture(self, page: str, address: str) -> bytes | None:
        path = posixpath.normpath(posixpath.join(posixpath.dirname(page), unquote(html.unescape(address))))
        if path not in self._names or path in self._shown:
            return None
        self._shown.add(path)
        self._pictures_bytes += self._archive.getinfo(path).file_size
        return self._archive.read(path) if self._pictures_bytes <= MAX_PICTURES_BYTES else None

    def properties(self) -> Found:
        values: dict[str, Any] = {}
        for name, field in FIELDS.items():
            if text := next((e.text.strip() for e in self._opf.iter(f"{DC}{name}") if e.text and e.text.strip()), ""):
                values[field] = text
        if subjects := [e.text.strip() for e in self._opf.iter(f"{DC}subject") if e.text and e.text.strip()]:
            values["tags"] = subjects
        return validated(values)

    def _xml(self, path: str) -> Any:
        try:
            return safe_xml.parse(self._archive.read(path))
        except (KeyError, etree.XMLSyntaxError) as error:
            raise PermanentError("The EPUB file is damaged: restore it from its origin.", ErrorCode.CORRUPT) from error


def _declared(data: bytes) -> bytes | str:
    """XHTML without a declared encoding is UTF-8, or UTF-16 with a mark."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    declared = re.match(rb"\s*<\?xml[^>]*encoding=[\"']([\w.-]+)", data)
    return decode_as(data, declared[1].decode()) if declared else data


def _local(element: Any) -> str:
    return str(etree.QName(element).localname)
