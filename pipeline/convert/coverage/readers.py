"""Which reader counts which format. They share no code with the conversion but `safe_xml`, the guard of XML."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable, Mapping

from pipeline.convert.coverage.book_file import book_passages
from pipeline.convert.coverage.drawings import ReadFile
from pipeline.convert.coverage.mail_file import archive_passages, mail_passages, outlook_passages
from pipeline.convert.coverage.ocr_evidence import PageRead
from pipeline.convert.coverage.open_document import open_document_passages
from pipeline.convert.coverage.passages import Passage
from pipeline.convert.coverage.pdf_file import pdf_passages
from pipeline.convert.coverage.pictures import frames
from pipeline.convert.coverage.plain_text import markdown_passages, table_passages, text_passages
from pipeline.convert.coverage.rich_text import rich_text_passages
from pipeline.convert.coverage.sheet_file import sheet_passages
from pipeline.convert.coverage.slide_file import slide_passages
from pipeline.convert.coverage.web_page import page_passages
from pipeline.convert.coverage.word_file import word_passages

PICTURES = ("png", "jpg", "jpeg", "tif", "tiff", "bmp", "webp", "gif")
MAX_DEPTH = 4  # the file, and files in files in files in it
OF_PART = {"word/document.xml": "docx", "ppt/presentation.xml": "pptx", "xl/workbook.xml": "xlsx"}
OF_TYPE = {
    b"application/epub+zip": "epub",
    b"application/vnd.oasis.opendocument.text": "odt",
    b"application/vnd.oasis.opendocument.spreadsheet": "ods",
    b"application/vnd.oasis.opendocument.presentation": "odp",
}
_SIMPLE: dict[str, Callable[[bytes], Iterable[Passage]]] = {
    "txt": text_passages,
    "csv": table_passages,
    **dict.fromkeys(("md", "markdown"), markdown_passages),
    **dict.fromkeys(("html", "htm", "xhtml"), page_passages),
    "epub": book_passages,
    "rtf": rich_text_passages,
    **dict.fromkeys(PICTURES, lambda data: frames(data, {})),
}
_NESTED: dict[str, Callable[[bytes, ReadFile], Iterable[Passage]]] = {
    **dict.fromkeys(("docx", "docm", "dotx", "dotm"), word_passages),
    **dict.fromkeys(("pptx", "pptm", "potx", "potm", "ppsx", "ppsm"), slide_passages),
    **dict.fromkeys(("xlsx", "xlsm", "xltx", "xltm"), sheet_passages),
    **dict.fromkeys(("odt", "ods", "odp", "ott", "ots", "otp"), open_document_passages),
    "eml": mail_passages,
    **dict.fromkeys(("mhtml", "mht"), archive_passages),
    "msg": outlook_passages,
    "pdf": lambda data, read_file: pdf_passages(data, read_file, {}),
}


def passages_of(data: bytes, kind: str, read: Mapping[int, PageRead]) -> list[Passage]:
    """Raises KeyError for a format that nothing counts, and whatever a damaged file leads to."""
    if kind == "pdf":
        return list(pdf_passages(data, _nested(1), read))
    if kind in PICTURES:
        return list(frames(data, read))
    return _passages(data, kind, 1)


def _passages(data: bytes, kind: str, depth: int) -> list[Passage]:
    if kind in _SIMPLE:
        return list(_SIMPLE[kind](data))
    return list(_NESTED[kind](data, _nested(depth)))


def _nested(depth: int) -> ReadFile:
    """Reads files in the file; None for one that cannot be counted."""

    def read(data: bytes, kind: str) -> list[Passage] | None:
        if depth == MAX_DEPTH or not data:
            return None
        try:
            return _passages(data, _kind_of(data, kind), depth + 1)
        except Exception:
            return None

    return read


def _kind_of(data: bytes, extension: str) -> str:
    if data.startswith(b"%PDF-"):
        return "pdf"
    if data.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            if "mimetype" in names:
                return OF_TYPE.get(archive.read("mimetype").strip().removesuffix(b"-template"), extension)
            return next((kind for part, kind in OF_PART.items() if part in names), extension)
    return extension
