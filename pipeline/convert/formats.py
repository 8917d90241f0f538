"""What a file really is, whatever its name says; files that cannot be converted are told apart here."""

from __future__ import annotations

import io
import zipfile

from pipeline.errors import ErrorCode, PermanentError

TEXT_FORMATS = frozenset({"txt", "md", "html"})
PAGED_FORMATS = frozenset({"pdf", "png", "jpg", "jpeg"})
OFFICE_PARTS = {"word/document.xml": "docx", "ppt/presentation.xml": "pptx", "xl/workbook.xml": "xlsx"}
SIGNATURES = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpg"}
OLE_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED_OFFICE = "EncryptedPackage".encode("utf-16-le")
LFS_POINTER = b"version https://git-lfs.github.com/spec/v1"
LFS_POINTER_BYTES = 1024  # at most
PDF_SEARCH_BYTES = 1024  # readers accept a PDF header anywhere in the first kilobyte


def real_format(data: bytes, extension: str) -> str:
    """The extension that fits the content. Raises PermanentError: corrupt, encrypted, unsupported, LFS_MISSING."""
    stripped = data[:PDF_SEARCH_BYTES].lstrip(b"\xef\xbb\xbf \t\r\n")
    if stripped.startswith(b"%PDF-") or (extension not in TEXT_FORMATS and b"%PDF-" in data[:PDF_SEARCH_BYTES]):
        return "pdf"
    for signature, name in SIGNATURES.items():
        if data.startswith(signature):
            return name
    if data.startswith(LFS_POINTER) and len(data) <= LFS_POINTER_BYTES:  # fetched before sources told them apart
        raise PermanentError("The file is only a Git LFS pointer: get its content.", ErrorCode.LFS_MISSING)
    if data.startswith(b"PK\x03\x04"):
        return _office_format(data)
    if data.startswith(OLE_SIGNATURE):
        raise _legacy_office(data)
    if extension in TEXT_FORMATS:
        return extension
    if stripped[:200].lower().startswith((b"<!doctype html", b"<html")):
        return "html"
    if not data:
        raise PermanentError("The file is empty: restore it from its origin.", ErrorCode.CORRUPT)
    raise PermanentError(
        f"The file is not a {extension.upper()} file or is damaged: restore it from its origin.", ErrorCode.CORRUPT
    )


def _office_format(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
    except zipfile.BadZipFile:
        raise PermanentError(
            "The file is a damaged archive: open it in its program and save it again.", ErrorCode.CORRUPT
        ) from None
    for part, name in OFFICE_PARTS.items():
        if part in names:
            return name
    raise PermanentError(
        "The file is an archive, not a document: publish the documents in it one by one.", ErrorCode.UNSUPPORTED
    )


def _legacy_office(data: bytes) -> PermanentError:
    if ENCRYPTED_OFFICE in data:
        return PermanentError(
            "The document is protected by a password: publish a copy without one.", ErrorCode.ENCRYPTED
        )
    return PermanentError(
        "The file has the binary Office format from before 2007: save it as DOCX, PPTX or XLSX.", ErrorCode.UNSUPPORTED
    )
