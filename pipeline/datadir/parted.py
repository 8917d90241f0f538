"""Very many records, spread by document id over parts, of which a few are in memory at a time.

A part is a file named after what it holds, so that whatever names the same part has the same records, and what did not
change between two listings or publications is there once. Ids of spread documents are UUIDs.
"""

from __future__ import annotations

import functools
import hashlib
import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from pipeline.datadir import files
from pipeline.datadir.files import FilePath, Model
from pipeline.errors import DamagedFileError

Value = TypeVar("Value")
_CONCURRENT_READS = 16
_IN_MEMORY = 2  # parts: what is asked about is asked part by part
_ID_DIGITS = 8  # the last ones of a UUID, which decide its remainder by a power of two


def power_of_two(records: int, size: int) -> int:
    """Into how many parts of about `size` records: a power of two, so that it seldom changes."""
    return 1 << math.ceil(math.log2(max(1, records / size)))


def part_of(document_id: str, count: int) -> int:
    """Which of `count` parts, a power of two, a document belongs to: the remainder of its id."""
    return int(document_id[-_ID_DIGITS:], 16) & (count - 1) if count > 1 else 0


class Parted(Mapping[str, Value]):
    """Document id -> record. Quick for whoever asks part by part, in any number of parts; else each look reads one."""

    def __init__(
        self,
        count: int,
        read: Callable[[int], Mapping[str, Value]],
        size: int | None = None,
        names: Sequence[str] = (),
    ) -> None:
        """`size`: of all parts together, if it is known; `names`: of their files, if they are written."""
        self.count = count
        self.names = tuple(names)
        self.part = functools.lru_cache(_IN_MEMORY)(read)
        self._size = size

    def __getitem__(self, document_id: str) -> Value:
        try:
            index = part_of(document_id, self.count)
        except ValueError:  # somebody else's
            raise KeyError(document_id) from None
        return self.part(index)[document_id]

    def __iter__(self) -> Iterator[str]:
        for index in range(self.count):
            yield from self.part(index)

    def __len__(self) -> int:
        if self._size is None:
            self._size = sum(len(self.part(index)) for index in range(self.count))
        return self._size


def in_parts(records: Mapping[str, Value]) -> Iterator[Mapping[str, Value]]:
    """All of them, as much at a time as belongs into memory."""
    if isinstance(records, Parted):
        yield from map(records.part, range(records.count))
    else:
        yield records


def differing(records: Mapping[str, Value], others: Mapping[str, Value]) -> Iterator[Mapping[str, Value]]:
    """The parts of the records that the others do not have, told by their names as far as those say it."""
    if not isinstance(records, Parted):
        yield records
        return
    same = _common_parts(records, others)
    yield from (records.part(index) for index in range(records.count) if index not in same)


def common(
    records: Mapping[str, Value], others: Mapping[str, Value], turn: int = 0, turns: int = 1
) -> Iterator[Mapping[str, Value]]:
    """The parts of the records that the others have as well, all that `differing` leaves out: those that hold documents
    of which `part_of(document_id, turns)` is `turn`."""
    if isinstance(records, Parted):
        step = min(turns, records.count)
        same = sorted(_common_parts(records, others))
        yield from (records.part(index) for index in same if index % step == turn % step)


def _common_parts(one: Parted[Value], other: Mapping[str, Value]) -> set[int]:
    if not isinstance(other, Parted) or one.count != other.count:
        return set()
    pairs = zip(one.names, other.names, strict=False)
    return {index for index, (mine, yours) in enumerate(pairs) if mine == yours}


def without(records: Mapping[str, Value], ids: Collection[str]) -> Mapping[str, Value]:
    """The others."""
    if not isinstance(records, Parted):
        return {key: record for key, record in records.items() if key not in ids}
    left = len(records) - sum(key in records for key in ids)
    return Parted(records.count, lambda index: without(records.part(index), ids), left)


def write_part(folder: FilePath, content: bytes) -> str:
    """Its name. One that is there is not written again, unless it is damaged."""
    name = _name(content)
    if not _is_whole(folder / name):
        files.write_sealed(folder / name, content)
    return name


def read_part(path: FilePath, model: type[Model]) -> Model:
    """Raises DamagedFileError, also for one that is gone: what names it is worth nothing without it."""
    try:
        return files.read_model(path, model)
    except FileNotFoundError:
        raise DamagedFileError.of(path) from None


def are_whole(folder: FilePath, names: Sequence[str]) -> bool:
    """Whether all these parts are there and undamaged."""
    paths = [folder / name for name in names]
    if isinstance(folder, Path):
        return all(map(_is_whole, paths))
    with ThreadPoolExecutor(_CONCURRENT_READS) as threads:  # in an object store each takes tens of milliseconds
        return all(threads.map(_is_whole, paths))


def _is_whole(path: FilePath) -> bool:
    try:
        return _name(files.read_sealed(path)) == path.name
    except (FileNotFoundError, DamagedFileError):
        return False


def _name(content: bytes) -> str:
    return f"{hashlib.blake2b(content, digest_size=16).hexdigest()}.json"
