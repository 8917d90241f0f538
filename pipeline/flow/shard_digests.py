"""What each shard of a very long listing must hold, as a digest, remembered by the part of the listing that decides it.

Only a memory: a digest follows from the part, which is named after its content, and from the settings. Of a part that
was seen before, the documents need not be read to know whether their shards are finished.
"""

from __future__ import annotations

import contextlib
import functools

from pydantic import BaseModel

from pipeline.datadir import files
from pipeline.errors import DamagedFileError
from pipeline.run.current import Run
from pipeline.run.fingerprints import digest
from pipeline.run.listing_file import Documents


class Digests(BaseModel):
    """Content of index/<collection>/digests.json."""

    made_with: str
    parts: dict[str, dict[int, str]] = {}


class ShardDigests:
    """Those of one run and one number of shards."""

    def __init__(self, run: Run, shard_count: int) -> None:
        self._path = run.data.digests(run.fingerprints.collection)
        self._made_with = digest(run.fingerprints.all, shard_count)
        self._count = shard_count
        self._parts = self._read()

    def _read(self) -> dict[str, dict[int, str]]:
        with contextlib.suppress(FileNotFoundError, DamagedFileError):
            known = files.read_model(self._path, Digests)
            return known.parts if known.made_with == self._made_with else {}
        return {}

    def find(self, run: Run, commit: str, index: int) -> str | None:
        """None for a shard that was never looked at."""
        return self._parts.get(self._part(run, commit, index), {}).get(index)

    def add(self, run: Run, commit: str, index: int, found: str) -> None:
        """Remember the digest `found` of a shard's documents; not of a listing without parts."""
        if name := self._part(run, commit, index):
            self._parts.setdefault(name, {})[index] = found

    def _part(self, run: Run, commit: str, index: int) -> str:
        """The part that decides about a shard; empty where there is no such."""
        listed = run.snapshot(commit).documents
        if not isinstance(listed, Documents) or self._count % listed.by_id.count:
            return ""
        return listed.by_id.names[index % listed.by_id.count]

    def keep(self, run: Run, commit: str) -> None:
        """For the next run, what concerns this listing."""
        listed = run.snapshot(commit).documents
        if isinstance(listed, Documents):
            kept = {name: self._parts[name] for name in listed.by_id.names if name in self._parts}
            files.write_json(self._path, Digests(made_with=self._made_with, parts=kept))


@functools.lru_cache(maxsize=1)
def shard_digests(run: Run, shard_count: int) -> ShardDigests:
    """The ones of this run."""
    return ShardDigests(run, shard_count)
