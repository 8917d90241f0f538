"""Which listings are in use: the last run's, and those of what readers see or may be given again."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator

from pipeline.datadir import files
from pipeline.datadir.files import FilePath
from pipeline.errors import DamagedFileError
from pipeline.publish import published_file
from pipeline.publish.published_file import StoredParts
from pipeline.run.current import Run
from pipeline.run.listing_file import parts_named
from pipeline.run.records import Published


def kept_listings(run: Run) -> frozenset[str]:
    """Their file names."""
    commits = {published.commit for _, published in all_published(run)}
    names = files.names(run.data.snapshots)
    listings = {name for name in names if name.partition("-")[0] in commits}
    with contextlib.suppress(FileNotFoundError, UnicodeDecodeError, DamagedFileError):
        listings |= {files.read_bytes(run.data.latest_snapshot).decode()} & names
    return frozenset(listings)


def unnamed_parts(run: Run) -> Iterator[FilePath]:
    """Parts that no listing, or nothing that is or was published, names any more, or not yet."""
    named = {part for name in files.names(run.data.snapshots) for part in _parts(run.data.snapshots / name)}
    yield from _others(run.data.snapshot_parts, named)
    served = [published.documents for _, published in all_published(run)]
    known = {name for documents in served if isinstance(documents, StoredParts) for name in documents.names}
    for collection in sorted(files.names(run.data.root / "index")):
        yield from _others(run.data.published_parts(collection), known)


def _parts(listing: FilePath) -> tuple[str, ...]:
    with contextlib.suppress(FileNotFoundError, DamagedFileError):
        return parts_named(listing) if listing.suffix == ".json" else ()
    return ()


def _others(folder: FilePath, named: Collection[str]) -> Iterator[FilePath]:
    return (folder / name for name in sorted(files.names(folder)) if name not in named)


def all_published(run: Run) -> Iterator[tuple[FilePath, Published]]:
    """Of every alias and of every collection that a rollback may lead to, with its file."""
    index = run.data.root / "index"
    for name in sorted(files.names(index)):
        path = index / name if name.endswith(".json") else run.data.superseded(name)
        with contextlib.suppress(FileNotFoundError, NotADirectoryError, FileExistsError, DamagedFileError):  # notes
            yield path, published_file.read(run.data, path)
