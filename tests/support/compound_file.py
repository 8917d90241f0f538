"""Writes compound files (MS-CFB), the container of MSG, DOC, XLS and PPT: small ones, for tests."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Mapping
from typing import Union

Tree = Mapping[str, Union[bytes, "Tree"]]
SECTOR, MINI_SECTOR, MINI_CUTOFF = 512, 64, 4096
FREE, END, FAT_SECTOR, NONE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF
STORAGE, STREAM, ROOT = 1, 2, 5


def compound_file(tree: Tree) -> bytes:
    """The file with these streams (bytes) and storages (mappings)."""
    return _Writer().written(tree)


class _Writer:
    def __init__(self) -> None:
        self.sectors: list[bytes] = []
        self.fat: list[int] = []
        self.mini = bytearray()
        self.mini_fat: list[int] = []
        self.entries: list[list[object]] = []

    def written(self, tree: Tree) -> bytes:
        self._entry("Root Entry", ROOT)
        self.entries[0][3] = self._add(tree)
        self.entries[0][4], self.entries[0][5] = self._chain(bytes(self.mini)), len(self.mini)
        mini_fat = self._chain(struct.pack(f"<{len(self.mini_fat)}L", *self.mini_fat)) if self.mini_fat else END
        directory = self._chain(b"".join(map(_packed, self.entries)))
        fat_count = 1
        while len(self.fat) + fat_count > fat_count * SECTOR // 4:
            fat_count += 1
        fat_at = len(self.sectors)
        self.fat += [FAT_SECTOR] * fat_count
        table = self.fat + [FREE] * (fat_count * SECTOR // 4 - len(self.fat))
        packed = struct.pack(f"<{len(table)}L", *table)
        self.sectors += [packed[start : start + SECTOR] for start in range(0, len(packed), SECTOR)]
        head = struct.pack(
            "<8s16xHHHHH6xLLLLLLLLL",
            *(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6),
            *(0, fat_count, directory, 0, MINI_CUTOFF, mini_fat, -(-len(self.mini_fat) * 4 // SECTOR), END, 0),
        )
        places = [*range(fat_at, fat_at + fat_count)]
        head += struct.pack("<109L", *places, *[FREE] * (109 - fat_count))
        return head + b"".join(self.sectors)

    def _entry(self, name: str, kind: int) -> int:
        self.entries.append([name, kind, NONE, NONE, 0, 0])  # name, kind, right sibling, child, start, size
        return len(self.entries) - 1

    def _add(self, tree: Tree) -> int:
        """The first of the entries, each of which is the right sibling of the one before."""
        numbers = []
        for name in sorted(tree, key=lambda name: (len(name), name.upper())):
            content = tree[name]
            is_stream = isinstance(content, bytes)
            number = self._entry(name, STREAM if is_stream else STORAGE)
            if isinstance(content, bytes):
                self.entries[number][4], self.entries[number][5] = self._stream(content), len(content)
            else:
                self.entries[number][3] = self._add(content)
            numbers.append(number)
        for before, after in itertools.pairwise(numbers):
            self.entries[before][2] = after
        return numbers[0] if numbers else NONE

    def _stream(self, content: bytes) -> int:
        if len(content) >= MINI_CUTOFF:
            return self._chain(content)
        if not content:
            return END
        start, count = len(self.mini_fat), -(-len(content) // MINI_SECTOR)
        self.mini += content.ljust(count * MINI_SECTOR, b"\0")
        self.mini_fat += [*range(start + 1, start + count), END]
        return start

    def _chain(self, content: bytes) -> int:
        if not content:
            return END
        start, count = len(self.sectors), -(-len(content) // SECTOR)
        padded = content.ljust(count * SECTOR, b"\0")
        self.sectors += [padded[at : at + SECTOR] for at in range(0, len(padded), SECTOR)]
        self.fat += [*range(start + 1, start + count), END]
        return start


def _packed(entry: list[object]) -> bytes:
    name, kind, right, child, start, size = entry
    encoded = str(name).encode("utf-16-le")
    return struct.pack(
        "<64sHBBLLL16xL16xLLL", encoded, len(encoded) + 2, kind, 1, NONE, right, child, 0, start, size, 0
    )
