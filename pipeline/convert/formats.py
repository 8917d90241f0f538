"""What a file really is, whatever its name says; files that cannot be converted are told apart here."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable

import olefile

from pipeline.errors import ErrorCode, PermanentError

KIND_OF_EXTENSION = {
    "htm": "html",
    "jpeg": "jpg",
    "tif": "tiff",
    "mht": "mhtml",
    **dict.fromkeys(("docm", "dotx", "dotm"), "docx"),
    **dict.fromkeys(("pptm", "potx", "potm", "ppsx", "ppsm"), "pptx"),
    **dict.fromkeys(("xlsm", "xltx", "xltm"), "xlsx"),
    **{"dot": "doc", "xlt": "xls", "pot": "ppt", "pps": "ppt"},
    **dict.fromkeys(("ott", "fodt"), "odt"),
    **dict.fromkeys(("ots", "fods"), "ods"),
    **dict.fromkeys(("otp", "fodp"), "odp"),
}
"""Other extensions of a format, and its templates, shows and files with macros, which hold their text alike."""
TEXT_FORMATS = frozenset({"txt", "md", "html", "csv"})
PAGED_FORMATS = frozenset({"pdf", "png", "jpg", "jpeg", "tiff", "tif", "webp", "bmp", "gif"})
OFFICE_PARTS = {
    re.compile(r"word/document\d*\.xml"): "docx",  # SharePoint writes document2.xml
    re.compile(r"ppt/presentation\d*\.xml"): "pptx",
    re.compile(r"xl/workbook\d*\.xml"): "xlsx",
    re.compile(r"xl/workbook\d*\.bin"): "xlsb",
}
ODF_KINDS = {"text": "odt", "spreadsheet": "ods", "presentation": "odp"}
ODF_TYPE = re.compile(rb"application/vnd\.oasis\.opendocument\.(text|spreadsheet|presentation)\b(?!-master|-web)")
FLAT_ODF = re.compile(rb"<office:document\s[^>]*office:mimetype=\"" + ODF_TYPE.pattern)
EPUB_TYPE = b"application/epub+zip"
OLE_STREAMS = {
    "WordDocument": "doc",
    "Workbook": "xls",
    "Book": "xls",
    "PowerPoint Document": "ppt",
    "__properties_version1.0": "msg",
}
SIGNATURES = {
    re.compile(rb"\x89PNG\r\n\x1a\n"): "png",
    re.compile(rb"\xff\xd8\xff"): "jpg",
    re.compile(rb"II[*+]\0|MM\0[*+]"): "tiff",
    re.compile(rb"GIF8[79]a"): "gif",
    re.compile(rb"RIFF.{4}WEBP", re.S): "webp",
    re.compile(rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0", re.S): "bmp",  # sizes of its second header
    re.compile(rb"{\\rtf"): "rtf",
}
OFFICE_XML = {b'progid="Word.Document"': "doc", b'progid="Excel.Sheet"': "xls"}  # of Office 2003
HTML = re.compile(rb"(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)?(?:<!doctype html|<html)", re.I | re.S)
HEADER = re.compile(rb"(?:>?From [^\n]*\n)?[A-Za-z][A-Za-z0-9-]*:[ \t]?[^\n]*\r?\n")
MESSAGE_HEADERS = re.compile(rb"^(?:received|to|from|delivered-to|return-path|message-id|subject|date):", re.I | re.M)
MIME_HEADERS = re.compile(rb"^(?:mime-version|content-type|snapshot-content-location):", re.I | re.M)
OF_A_MESSAGE = re.compile(rb"^(?:received|to|delivered-to|return-path):|^from:[^\n]*@", re.I | re.M)
OTHER_IMAGES = {
    "HEIC": re.compile(rb".{4}ftyp(heic|heix|mif1)", re.DOTALL),
    "AVIF": re.compile(rb".{4}ftypavif", re.DOTALL),
    "JPEG 2000": re.compile(rb".{4}jP  \r\n\x87\n", re.DOTALL),
}
"""What the first bytes of images are that are not read, by their names."""
OLE_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED_OFFICE = "EncryptedPackage".encode("utf-16-le")
LFS_POINTER = b"version https://git-lfs.github.com/spec/v1"
LFS_POINTER_BYTES = 1024  # at most
PDF_SEARCH_BYTES = 1024  # readers accept a PDF header anywhere in the first kilobyte
HEAD_BYTES = 16_384
KNOWN_EXTENSIONS = frozenset(
    {"pdf", "txt", "md", "html", "csv", "png", "jpg", "tiff", "webp", "bmp", "gif", "docx", "pptx", "xlsx", "xlsb"}
    | {"doc", "xls", "ppt", "odt", "ods", "odp", "rtf", "eml", "msg", "epub", "mhtml"}
    | set(KIND_OF_EXTENSION)
)
"""All that the conversion takes."""


def real_format(data: bytes, extension: str) -> str:
    """The kind that fits the content, by the first of its extensions (docx for a DOTM). Raises PermanentError:
    corrupt, encrypted, unsupported, LFS_MISSING.
    """
    kind = KIND_OF_EXTENSION.get(extension, extension)
    stripped = data[:HEAD_BYTES].lstrip(b"\xef\xbb\xbf \t\r\n")
    if stripped.startswith(b"%PDF-") or (kind not in TEXT_FORMATS and b"%PDF-" in data[:PDF_SEARCH_BYTES]):
        return "pdf"
    if data.startswith(LFS_POINTER) and len(data) <= LFS_POINTER_BYTES:  # fetched before sources told them apart
        raise PermanentError("The file is only a Git LFS pointer: get its content.", ErrorCode.LFS_MISSING)
    if found := _by_signature(data, stripped):
        return found
    _refuse_other_images(data)
    if kind in TEXT_FORMATS:
        return kind
    if found := _by_markup(stripped) or _by_headers(stripped):
        return found
    if not data:
        raise PermanentError("The file is empty: restore it from its origin.", ErrorCode.CORRUPT)
    raise PermanentError(
        f"The file is not a {kind.upper()} file or is damaged: restore it from its origin.", ErrorCode.CORRUPT
    )


def _refuse_other_images(data: bytes) -> None:
    for name, signature in OTHER_IMAGES.items():
        if signature.match(data):
            raise PermanentError(
                f"The file is a {name} image, whatever its name says: save it as PNG or JPG.", ErrorCode.UNSUPPORTED
            )


def _by_signature(data: bytes, stripped: bytes) -> str | None:
    for pattern, name in SIGNATURES.items():
        if pattern.match(stripped if name == "rtf" else data):
            return name
    if data.startswith(b"PK\x03\x04"):
        return _archive_format(data)
    return _ole_format(data) if data.startswith(OLE_SIGNATURE) else None


def _by_markup(head: bytes) -> str | None:
    if found := FLAT_ODF.search(head):
        return ODF_KINDS[found[1].decode()]
    for mark, kind in OFFICE_XML.items():
        if head.startswith(b"<?xml") and mark in head:
            return kind
    return "html" if HTML.match(head) else None


def _by_headers(head: bytes) -> str | None:
    """A message, or a web page in one: a page names nobody that it was sent to."""
    if not HEADER.match(head):
        return None
    headers = re.split(rb"\r?\n\r?\n", head, maxsplit=1)[0]
    if OF_A_MESSAGE.search(headers):
        return "eml"
    if MIME_HEADERS.search(headers):
        return "mhtml"
    return "eml" if MESSAGE_HEADERS.search(headers) else None


def _archive_format(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            declared = _declared_type(archive)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError):
        raise PermanentError(
            "The file is a damaged archive: open it in its program and save it again.", ErrorCode.CORRUPT
        ) from None
    if declared == EPUB_TYPE or "META-INF/container.xml" in names:
        return "epub"
    if found := ODF_TYPE.fullmatch(declared.removesuffix(b"-template")):
        return ODF_KINDS[found[1].decode()]
    if office := office_kind(names):
        return office
    raise PermanentError(
        "The file is an archive, not a document: publish the documents in it one by one.", ErrorCode.UNSUPPORTED
    )


def office_kind(names: Iterable[str]) -> str | None:
    """The kind of the Office file whose parts have these names."""
    return next((kind for part, kind in OFFICE_PARTS.items() if any(map(part.fullmatch, names))), None)


def _declared_type(archive: zipfile.ZipFile) -> bytes:
    """What the part `mimetype` of OpenDocument and EPUB says; it is never compressed, so that this reads little."""
    try:
        member = archive.getinfo("mimetype")
    except KeyError:
        return b""
    return archive.read(member).strip() if member.file_size < PDF_SEARCH_BYTES else b""


def _ole_format(data: bytes) -> str:
    """DOC, XLS, PPT or MSG by the streams in the file's root, not in what is embedded in it."""
    try:
        with olefile.OleFileIO(data) as file:
            streams = {entry[0] for entry in file.listdir(streams=True, storages=False) if len(entry) == 1}
    except Exception:  # of every kind, from a library that was made for good files
        streams = set()
    if "EncryptedPackage" in streams or (not streams and ENCRYPTED_OFFICE in data):
        raise PermanentError(
            "The document is protected by a password: publish a copy without one.", ErrorCode.ENCRYPTED
        )
    for stream, kind in OLE_STREAMS.items():
        if stream in streams:
            return kind
    raise PermanentError(
        "The file is a binary Office file of an unknown kind or damaged: save it as DOCX, PPTX or XLSX.",
        ErrorCode.UNSUPPORTED,
    )
