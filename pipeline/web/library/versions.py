"""The contents that one document had over time, as far as listings of the folder are kept."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime

from pipeline.datadir.files import FilePath
from pipeline.errors import DamagedFileError
from pipeline.run.current import Run
from pipeline.run.listing_file import by_id, read_listing
from pipeline.schema import Document, Record, Snapshot, Timestamp

_MOST_BYTES = 20_000_000
"""Of listings that are read, from the latest on: with very many documents each takes a while."""


class Version(Record):
    """One content, and the listing that has it first."""

    blob_sha: str
    commit: str
    listed: Timestamp
    is_published: bool


def list_versions(run: Run, document: Document | None) -> list[Version]:
    """Latest first; nothing for a document that only another machine knows."""
    if document is None:
        return []
    found: dict[str, Version] = {}
    for listed, snapshot in _listings(run):
        known = _find(snapshot, document.document_id)
        if known:
            is_published = known.blob_sha == document.blob_sha
            commit = known.commit or snapshot.commit
            found[known.blob_sha] = Version(
                blob_sha=known.blob_sha, commit=commit, listed=listed, is_published=is_published
            )
    return list(found.values())


def _find(snapshot: Snapshot, document_id: str) -> Document | None:
    with contextlib.suppress(DamagedFileError):
        return by_id(snapshot.documents).get(document_id)
    return None


def _listings(run: Run) -> Iterator[tuple[datetime, Snapshot]]:
    """Latest first."""
    left = _MOST_BYTES
    for written, size_bytes, path in sorted(_files(run), key=lambda each: each[0], reverse=True):
        left -= size_bytes
        if left < 0:
            return
        with contextlib.suppress(FileNotFoundError, DamagedFileError):
            yield written, read_listing(run.data, path)


def _files(run: Run) -> Iterator[tuple[datetime, int, FilePath]]:
    for path in run.data.snapshots.glob("*.json"):
        with contextlib.suppress(FileNotFoundError, AttributeError):
            facts = path.stat()
            yield datetime.fromtimestamp(facts.st_mtime, UTC), facts.st_size, path
