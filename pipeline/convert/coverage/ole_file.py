"""The file that an OLE object of an Office file holds, as far as it is one that can be counted."""

from __future__ import annotations

import io
import re

import olefile

# Label and path of the file, eight bytes, path of its copy, size; then the file.
NATIVE = re.compile(rb".{6}([^\0]*)\0[^\0]*\0.{8}[^\0]*\0(.{4})", re.S)


def file_in(data: bytes, kind: str) -> tuple[bytes, str]:
    """Bytes and extension of the file; those given where there is no such file in them."""
    if not data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return data, kind
    with olefile.OleFileIO(io.BytesIO(data)) as file:
        streams = {path[0]: path for path in file.listdir() if len(path) == 1}
        name = next((name for name in ("Package", "EmbeddedOdf", "\x01Ole10Native", "CONTENTS") if name in streams), "")
        content = file.openstream(streams[name]).read() if name else b""
    if name == "\x01Ole10Native" and (found := NATIVE.match(content)):
        size = int.from_bytes(found[2], "little")
        return content[found.end() : found.end() + size], found[1].decode("latin-1").rpartition(".")[2].lower()
    return (content, kind) if content and (name != "CONTENTS" or content.startswith(b"%PDF-")) else (data, kind)
