"""Files embedded in an Office file, read as parts of its text: Office files, pages, text.

Other documents are read at the end of the text, as attached files are; what is none is counted.
"""

from __future__ import annotations

import io
import zipfile
from typing import Final

from pipeline.convert.formats import office_kind
from pipeline.convert.mail.mhtml import read_mhtml
from pipeline.convert.office.archive import inspect_office
from pipeline.convert.office.ole_objects import document_in, unpacked
from pipeline.convert.office.package import Package
from pipeline.convert.office.pieces import Piece, html_pieces, text_pieces
from pipeline.convert.office.slides import slide_pieces
from pipeline.convert.office.tools import Tools
from pipeline.convert.office.word import word_pieces
from pipeline.convert.office.workbook import workbook_pieces
from pipeline.convert.rtf.document import read_rtf
from pipeline.convert.text_export import text_of
from pipeline.errors import PermanentError

MAX_DEPTH: Final = 2  # a file in a file in the document
READERS: Final = {"docx": word_pieces, "pptx": slide_pieces, "xlsx": workbook_pieces}
SAVED_PAGES: Final = frozenset({"mht", "mhtml"})
PAGES: Final = frozenset({"html", "htm", "xhtml"})


def embedded_pieces(name: str, data: bytes, tools: Tools) -> list[Piece]:
    """The text of an embedded file; none, and a count for the warnings, when it cannot be read."""
    name, data = unpacked(name, data)
    if tools.budget.allows(_size_bytes(data)):
        return _pieces(name, data, tools)
    tools.noticed.add("embedded")
    return []


def _pieces(name: str, data: bytes, tools: Tools) -> list[Piece]:
    extension = name.rpartition(".")[2].lower()
    if extension in PAGES:
        return html_pieces(data)
    if extension == "txt":
        return text_pieces(data)
    if data.startswith(b"{\\rtf"):
        return text_pieces(text_of(read_rtf(data, tools.settings).document).encode())
    if extension in SAVED_PAGES and (page := _saved_page(data, tools)):
        return html_pieces(page)
    if (
        data.startswith(b"PK")
        and tools.depth < MAX_DEPTH
        and (pieces := _office_pieces(data, tools.deeper())) is not None
    ):
        return pieces
    found = document_in(name, data)
    if found is None or found.extension in READERS:  # deeper than is read
        tools.noticed.add("embedded")
    else:
        tools.attached.append(found)
    return []


def _size_bytes(data: bytes) -> int:
    """As it says that it unpacks to; whoever opens it compares."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, NotImplementedError):
        return len(data)


def _saved_page(data: bytes, tools: Tools) -> bytes:
    try:
        return read_mhtml(data, tools.settings).data
    except PermanentError:
        return b""


def _office_pieces(data: bytes, tools: Tools) -> list[Piece] | None:
    try:
        inspect_office(data, tools.settings)
        package = Package.open(data)
    except (PermanentError, zipfile.BadZipFile):
        return None
    kind = office_kind(package.names)
    return READERS[kind](package, tools) if kind in READERS else None
