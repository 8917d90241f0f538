"""Templates, shows and files with macros (DOTX, PPSX, XLSM …) as plain documents, which their text makes them."""

from __future__ import annotations

import io
import re
import zipfile

CONTENT_TYPES = "[Content_Types].xml"
PLAIN = {
    b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml": re.compile(
        rb"application/vnd\.(?:openxmlformats-officedocument\.wordprocessingml\.template\.main"
        rb"|ms-word\.(?:document|template)\.macroEnabled(?:Template)?\.main)\+xml"
    ),
    b"application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml": re.compile(
        rb"application/vnd\.(?:openxmlformats-officedocument\.presentationml\.(?:template|slideshow)\.main"
        rb"|ms-powerpoint\.(?:presentation|template|slideshow)\.macroEnabled\.main)\+xml"
    ),
    b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml": re.compile(
        rb"application/vnd\.(?:openxmlformats-officedocument\.spreadsheetml\.template\.main"
        rb"|ms-excel\.(?:sheet|template)\.macroEnabled\.main)\+xml"
    ),
}


def as_plain(data: bytes) -> bytes:
    """The same archive, its main part declared as a plain document's; libraries refuse the other declarations."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if CONTENT_TYPES not in archive.namelist():
            return data
        declared = archive.read(CONTENT_TYPES)
        changed = declared
        for plain, kin in PLAIN.items():
            changed = kin.sub(plain, changed)
        return data if changed == declared else _rewritten(archive, changed)


def _rewritten(archive: zipfile.ZipFile, content_types: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as new:
        for member in archive.infolist():
            new.writestr(
                zipfile.ZipInfo(member.filename),
                content_types if member.filename == CONTENT_TYPES else archive.read(member),
            )
    return buffer.getvalue()
