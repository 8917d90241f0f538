"""What a file really is, whatever its name says; files that cannot be converted are told apart here."""

from __future__ import annotations

import io
import re
import zipfile

from pipeline.errors import ErrorCode, PermanentError

TEXT_FORMATS = frozenset({"txt", "md", "html"})
PAGED_FORMATS = frozenset({"pdf", "png", "jpg", "jpeg"})
OFFICE_PARTS = {"word/document.xml": "docx", "ppt/presentation.xml": "pptx", "xl/workbook.xml": "xlsx"}
SIGNATURES = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpg"}
# What the first bytes of images are that are not read, by their names.
OTHER_IMAGES = {
    "WEBP": re.compile(rb"RIFF.{4}WEBP", re.DOTALL),
    "GIF": re.compile(rb"GIF8[79]a"),
    "TIFF": re.compile(rb"II\*\x00|MM\x00\*"),
    "HEIC": re.compile(rb".{4}ftyp(heic|heix|mif1)", re.DOTALL),
    "AVIF": re.compile(rb".{4}ftypavif", re.DOTALL),
    "JPEG 2000": re.compile(rb".{4}jP  \r\n\x87\n", re.DOTALL),
}
BMP_SIGNATURE = b"BM"  # a text may begin like this, too
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
    _refuse_other_images(data)
    if extension in TEXT_FORMATS:
        return extension
    if data.startswith(BMP_SIGNATURE):
        raise _other_image("BMP")
    if stripped[:200].lower().startswith((b"<!doctype html", b"<html")):
        return "html"
    if not data:
        raise PermanentError("The file is empty: restore it from its origin.", ErrorCode.CORRUPT)
    raise PermanentError(
        f"The file is not a {extension.upper()} file or is damaged: restore it from its origin.", ErrorCode.CORRUPT
    )


def _refuse_other_images(data: bytes) -> None:
    for name, signature in OTHER_IMAGES.items():
        if signature.match(data):
            raise _other_image(name)


def _other_image(name: str) -> PermanentError:
    return PermanentError(
        f"The file is a {name} image, whatever its name says: save it as PNG or JPG.", ErrorCode.UNSUPPORTED
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
