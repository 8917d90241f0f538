"""Which derived files exist, asked folder by folder: in an object store every question costs tens of milliseconds.

What was read counts until the next `refresh`, which comes when work on the documents begins; what this run writes is
added as it happens. Another host's newer files are found at the next refresh: at worst something is done twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pipeline.datadir import files
from pipeline.datadir.files import FilePath

_CONCURRENT_LISTINGS = 32


class Inventory:
    """The names in the folders that were asked about since the last refresh."""

    def __init__(self) -> None:
        self._names: dict[FilePath, set[str]] = {}

    def refresh(self, folders: Iterable[FilePath]) -> None:
        """Read these folders again and forget all others. Raises TransientError."""
        wanted = set(folders)
        self._names = {}
        if wanted and isinstance(next(iter(wanted)), Path):
            return  # on this machine each is read when it is asked about
        with ThreadPoolExecutor(_CONCURRENT_LISTINGS) as threads:
            self._names = dict(zip(wanted, threads.map(files.names, wanted), strict=True))

    def names(self, folder: FilePath) -> set[str]:
        """Of the files in a folder, read when they are first asked for. Raises TransientError."""
        if folder not in self._names:
            self._names[folder] = files.names(folder)
        return self._names[folder]

    def has(self, path: FilePath) -> bool:
        """Whether the file was there at that time, or was written by this run since."""
        return path.name in self.names(path.parent)

    def discard(self, path: FilePath) -> None:
        """Note a file that was just removed."""
        self.names(path.parent).discard(path.name)

    def add(self, path: FilePath) -> None:
        """Note a file that was just written."""
        self.names(path.parent).add(path.name)
