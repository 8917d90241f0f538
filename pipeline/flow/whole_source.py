"""A document's source file is believed only as far as it agrees with the hash that the snapshot knows it by."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

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


def check(source: FilePath, blob: str) -> None:
    """Raises DamagedFileError when the file is not the content that git, or Git LFS in its place, names so."""
    with files.local_copy(source) as file:
        _check(file, source, blob)


def sha256(source: FilePath, blob: str) -> str:
    """The SHA-256 of the file, 64 hex digits. Raises what `check` raises."""
    with files.local_copy(source) as file:
        _check(file, source, blob)
        return _sha256(file)


def _check(file: Path, source: FilePath, blob: str) -> None:
    if file.is_dir():
        raise DamagedFileError.of(source)
    if blob_sha(file, len(blob)) == blob:
        return
    oid = lfs_oid(source)
    if not files.exists(oid) or files.read_sealed(oid).decode() != _sha256(file):
        raise DamagedFileError.of(source)


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
