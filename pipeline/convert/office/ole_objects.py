"""What an OLE object of an Office file holds: a file by its name, or an Office, OpenDocument or PDF file."""

from __future__ import annotations

import struct
from pathlib import PureWindowsPath
from typing import Final

import olefile

from pipeline.convert.formats import OLE_SIGNATURE, real_format
from pipeline.convert.prepared import Attachment
from pipeline.errors import PermanentError

OF_PROGRAMS: Final = {"Package": "", "EmbeddedOdf": "", "CONTENTS": "documento.pdf"}
"""Streams that are the file itself; in the last one Acrobat keeps a PDF, others keep what only they know."""
NATIVE: Final = "\x01Ole10Native"
HEAD_BYTES: Final = 6  # the size of all and a number that says nothing
NUMBERS_BETWEEN: Final = 8  # the names of the file and the name of its temporary copy


def unpacked(name: str, data: bytes) -> tuple[str, bytes]:
    """Name and bytes of the file in the object; those given, if it is no such object."""
    if not data.startswith(OLE_SIGNATURE):
        return name, data
    try:
        with olefile.OleFileIO(data) as file:
            if file.exists(NATIVE):
                return _native(file.openstream(NATIVE).read())
            for stream, known in OF_PROGRAMS.items():
                if file.exists(stream) and (stream != "CONTENTS" or file.openstream(stream).read(5) == b"%PDF-"):
                    return known, file.openstream(stream).read()
    except Exception:  # of every kind, from a library that was made for good files
        return name, data
    return name, data


def document_in(name: str, data: bytes) -> Attachment | None:
    """The document in the object, to be read as an attached file is; None for what is no document."""
    name, data = unpacked(name, data)
    try:
        kind = real_format(data, name.rpartition(".")[2].lower())
    except PermanentError:
        return None
    return Attachment(name.rpartition("/")[2], data, kind)


def _native(stream: bytes) -> tuple[str, bytes]:
    """The label, the path that the file came from and that of its copy, then its size and bytes. Raises ValueError."""
    label_end = stream.index(b"\0", HEAD_BYTES)
    path_end = stream.index(b"\0", label_end + 1)
    copy_end = stream.index(b"\0", path_end + 1 + NUMBERS_BETWEEN)
    (size,) = struct.unpack_from("<L", stream, copy_end + 1)
    label = stream[HEAD_BYTES:label_end].decode("cp1252", "replace")
    return PureWindowsPath(label).name, stream[copy_end + 5 : copy_end + 5 + size]
