"""A document's source file is believed only as far as it agrees with the hash that the snapshot knows it by."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from pipeline.convert import convert_document
from pipeline.datadir import files
from pipeline.datadir.files import FilePath
from pipeline.datadir.paths import lfs_oid
from pipeline.errors import DamagedFileError
from pipeline.schema import Conversion, Document
from pipeline.settings.sections import ConversionSettings
from pipeline.sources.git_objects import blob_sha


def convert_whole(  # noqa: PLR0913, PLR0917 - plain data, as it goes to a process
    document: Document,
    source: FilePath,
    document_target: FilePath,
    conversion_target: FilePath,
    settings: ConversionSettings,
    pages: Sequence[FilePath] = (),
) -> Conversion:
    """`pipeline.convert.convert_document` of a source that is what was fetched. Raises DamagedFileError besides."""
    check(source, document.blob_sha)
    return convert_document(source, document.extension, document_target, conversion_target, settings, pages)


def check(source: FilePath, blob: str) -> str:
    """The SHA-256 of the file, 64 hex digits. Raises DamagedFileError when it is not the content that git names so."""
    with files.local_copy(source) as file:
        with file.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
        oid = lfs_oid(source)
        promised = files.read_sealed(oid).decode() if files.exists(oid) else None
        if promised != found and blob_sha(file, len(blob)) != blob:
            raise DamagedFileError.of(source)
    return found
