"""Which listings are in use: the last run's, and those of what readers see or may be given again."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from pipeline.datadir import files
from pipeline.datadir.files import FilePath
from pipeline.errors import DamagedFileError
from pipeline.run.current import Run
from pipeline.run.records import Published


def kept_listings(run: Run) -> frozenset[str]:
    """Their file names."""
    commits = {published.commit for _, published in all_published(run)}
    names = files.names(run.data.snapshots)
    listings = {name for name in names if name.partition("-")[0] in commits}
    with contextlib.suppress(FileNotFoundError, UnicodeDecodeError):
        listings |= {files.read_bytes(run.data.latest_snapshot).decode()} & names
    return frozenset(listings)


def all_published(run: Run) -> Iterator[tuple[FilePath, Published]]:
    """Of every alias and of every collection that a rollback may lead to, with its file."""
    index = run.data.root / "index"
    for name in sorted(files.names(index)):
        path = index / name if name.endswith(".json") else run.data.superseded(name)
        with contextlib.suppress(FileNotFoundError, NotADirectoryError, FileExistsError, DamagedFileError):  # notes
            yield path, files.read_model(path, Published)
