"""Which listings of the folder there are: made, read, and which of them the last run worked on."""

from __future__ import annotations

from collections.abc import Callable, Collection

from pipeline.datadir import files, parted
from pipeline.datadir.files import FilePath
from pipeline.datadir.paths import DataDir
from pipeline.errors import DamagedFileError
from pipeline.run.listing_file import parts_named, read_listing, without, write_listing
from pipeline.schema import SkippedFile, Snapshot

PART_SHARDS = 16
"""Shards whose documents are in one part, and in memory together."""


class Listings:
    """Those of one data directory, made with the same settings of the source."""

    def __init__(self, data: DataDir, fingerprint: str, shard_size: int) -> None:
        self._data = data
        self._fingerprint = fingerprint
        self._most = PART_SHARDS * shard_size
        self._read: dict[str, Snapshot] = {}
        self._whole: set[str] = set()

    def path(self, commit: str) -> FilePath:
        """Where a commit's listing is, or will be."""
        return self._data.snapshot(commit, self._fingerprint)

    def read(self, commit: str) -> Snapshot:
        """Once. Raises FileNotFoundError before it was made."""
        if commit not in self._read:
            self._read[commit] = read_listing(self._data, self.path(commit))
        return self._read[commit]

    def is_there(self, commit: str) -> bool:
        """Whether the listing of a commit is there and whole; a damaged one, and one that documents were taken out of,
        has to be made again."""
        try:
            self.read(commit)
        except (FileNotFoundError, DamagedFileError):
            return False
        return self.is_listed(commit)

    def is_listed(self, commit: str) -> bool:
        """Whether the listing's files are there and whole, without the time that reading it takes; looked at once."""
        if commit not in self._whole and not self._is_whole(self.path(commit)):
            return False
        self._whole.add(commit)
        return not self._is_lacking(commit)

    def _is_whole(self, path: FilePath) -> bool:
        try:
            return parted.are_whole(self._data.snapshot_parts, parts_named(path))
        except (FileNotFoundError, DamagedFileError):
            return False

    def _is_lacking(self, commit: str) -> bool:
        return files.exists(self._data.lacking(self.path(commit).name))

    def keep(self, snapshot: Snapshot, check: Callable[[Snapshot], None] = lambda _: None) -> None:
        """Write a listing down, unless `check` raises an error."""
        path = self.path(snapshot.commit)
        write_listing(self._data, path, snapshot, self._most, check)
        files.remove(self._data.lacking(path.name))
        self._read.pop(snapshot.commit, None)
        self._whole.discard(snapshot.commit)

    def rewrite(
        self, path: FilePath, before: Snapshot, purged: Collection[str], skipped: tuple[SkippedFile, ...]
    ) -> None:
        """Write a listing again without some of its documents; parts that name them are no longer named by it."""
        write_listing(self._data, path, without(before, purged, skipped), self._most)

    def note_latest(self, commit: str) -> None:
        """Write down which listing this run works on: the times of listings do not say, as clocks go wrong and commits
        come back. Each run writes it again, so that the time of this file says when the source was looked at last."""
        files.write_bytes(self._data.latest_snapshot, self.path(commit).name.encode())

    def latest(self) -> Snapshot | None:
        """The listing of the last run, whether it finished or not."""
        try:
            name = files.read_bytes(self._data.latest_snapshot).decode()
            return read_listing(self._data, self._data.snapshots / name)
        except (FileNotFoundError, ValueError, DamagedFileError):  # a name of noise
            return None
