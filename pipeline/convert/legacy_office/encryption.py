"""Whether a binary Office file asks for a password: LibreOffice would only say that it cannot open the file."""

from __future__ import annotations

import struct

import olefile

FIB_FLAGS, FIB_ENCRYPTED = 0x0A, 0x0100  # [MS-DOC] 2.5.2
FILE_PASS = 0x2F  # [MS-XLS] 2.4.117, the record behind the first
CURRENT_USER_TOKEN, PPT_ENCRYPTED = 12, 0xF3D1C4DF  # [MS-PPT] 2.3.2


def is_encrypted(data: bytes) -> bool:
    """False also for what cannot be told."""
    try:
        with olefile.OleFileIO(data) as file:
            return _doc(file) or _xls(file) or _ppt(file)
    except Exception:  # of every kind, from a library that was made for good files
        return False


def _doc(file: olefile.OleFileIO) -> bool:
    return bool(_number(file, "WordDocument", "<H", FIB_FLAGS) & FIB_ENCRYPTED)


def _xls(file: olefile.OleFileIO) -> bool:
    for stream in ("Workbook", "Book"):
        length = _number(file, stream, "<H", 2)
        if length and _number(file, stream, "<H", 4 + length) == FILE_PASS:
            return True
    return False


def _ppt(file: olefile.OleFileIO) -> bool:
    return _number(file, "Current User", "<L", CURRENT_USER_TOKEN) == PPT_ENCRYPTED


def _number(file: olefile.OleFileIO, stream: str, form: str, offset: int) -> int:
    """A number in a stream, 0 if there is none."""
    if not file.exists(stream):
        return 0
    with file.openstream(stream) as content:
        content.seek(offset)
        read = content.read(struct.calcsize(form))
    return int(struct.unpack(form, read)[0]) if len(read) == struct.calcsize(form) else 0
