"""Content for bombs: one block many times over, compressed only once, so that a bomb is made in no time."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass

_MB = 10**6


@dataclass(frozen=True)
class Repeated:
    """A beginning, and then megabytes of one byte."""

    byte: bytes
    megabytes: int
    head: bytes = b""

    def __len__(self) -> int:
        return len(self.head) + self.megabytes * _MB

    def checksum(self, of: Callable[[bytes, int], int], start: int = 0) -> int:
        """That of all, by zlib.crc32 or zlib.adler32 (which starts at 1)."""
        found, block = of(self.head, start), self.byte * _MB
        for _ in range(self.megabytes):
            found = of(block, found)
        return found

    def deflated(self) -> bytes:
        """After a full flush no part refers to what stands before it."""
        head, block = (_flushed(part) for part in (self.head, self.byte * _MB))
        return head + block * self.megabytes + zlib.compressobj(wbits=-zlib.MAX_WBITS).flush()

    def in_zlib(self) -> bytes:
        return b"\x78\x9c" + self.deflated() + struct.pack(">L", self.checksum(zlib.adler32, 1))

    def add_to(self, archive: zipfile.ZipFile, name: str) -> None:
        """As a further member, after at least one that was added by `archive` itself."""
        assert archive.fp
        data = self.deflated()
        info = zipfile.ZipInfo(name)
        info.compress_type, info.CRC = zipfile.ZIP_DEFLATED, self.checksum(zlib.crc32)
        info.file_size, info.compress_size, info.header_offset = len(self), len(data), archive.start_dir
        archive.fp.seek(archive.start_dir)
        archive.fp.write(info.FileHeader() + data)
        archive.start_dir = archive.fp.tell()
        archive.filelist.append(info)


def _flushed(data: bytes) -> bytes:
    squeeze = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return squeeze.compress(data) + squeeze.flush(zlib.Z_FULL_FLUSH)
