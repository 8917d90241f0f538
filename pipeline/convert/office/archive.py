"""An Office file as an archive: is it whole, how much does it unpack to, how many slides or sheets. Reads no text."""

from __future__ import annotations

import copy
import io
import re
import zipfile
import zlib

from pipeline.convert.limits import refuse_pages, refuse_unpacked
from pipeline.errors import ErrorCode, PermanentError
from pipeline.settings.sections import ConversionSettings

PAGES = re.compile(r"ppt/slides/slide[^/]*\.xml|xl/worksheets/[^/]*\.xml")
COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # all that ECMA-376 part 2 (C.1) allows
BLOCK_BYTES = 1 << 20
IS_ENCRYPTED = 1  # flag bit of a member


def inspect_office(data: bytes, settings: ConversionSettings) -> None:
    """Raises PermanentError: corrupt, encrypted, too_large or too_long."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            refuse_pages(sum(bool(PAGES.fullmatch(member.filename)) for member in members), settings)
            refuse_unpacked(sum(member.file_size for member in members), settings)
            for member in members:
                _check(archive, member)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise _corrupt() from error


def _check(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Unpack a member to nowhere: one that is longer than it says would be unpacked whole by those who trust it."""
    if member.flag_bits & IS_ENCRYPTED:
        raise PermanentError(
            "The document is protected by a password: publish a copy without one.", ErrorCode.ENCRYPTED
        )
    if member.compress_type not in COMPRESSIONS:
        raise _corrupt()
    longer = copy.copy(member)
    longer.file_size, longer.CRC = member.file_size + 1, None  # type: ignore[assignment]  # zipfile stops at the size
    size = 0
    with archive.open(longer) as stream:
        while block := stream.read(BLOCK_BYTES):
            size += len(block)
    if size != member.file_size:
        raise _corrupt()


def _corrupt() -> PermanentError:
    return PermanentError("The file is a damaged archive: open it in its program and save it again.", ErrorCode.CORRUPT)
