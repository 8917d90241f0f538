"""The names that git gives to contents and folders, computed from what they hold: a hash that agrees is a proof.

https://git-scm.com/book/en/v2/Git-Internals-Git-Objects
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

LARGEST_POINTER_BYTES = 1024
_SHA256_DIGITS = 64
_POINTER = re.compile(
    rb"version (?:https://(?:git-lfs\.github|hawser\.github)\.com/spec/v1|http://git-media\.io/v/2)\r?\n"
    rb"(?:ext-[^\n]*\n)*oid sha256:([0-9a-f]{64})\r?\nsize (\d{1,18})\s*"
)


def blob_sha(file: Path, digits: int = 40) -> str:
    """The file's name as a git blob (`git hash-object`): SHA-1, or SHA-256 for 64 digits."""
    with file.open("rb") as stream:
        return blob_sha_of(stream, digits)


def blob_sha_of(stream: BinaryIO, digits: int = 40) -> str:
    """The same of an open file."""
    digest = _hash(digits)
    digest.update(f"blob {os.fstat(stream.fileno()).st_size}\0".encode())
    while block := stream.read(1 << 20):
        digest.update(block)
    return digest.hexdigest()


def content_sha(content: bytes, digits: int = 40) -> str:
    """The name of these bytes as a git blob."""
    digest = _hash(digits)
    digest.update(b"blob %d\0" % len(content) + content)
    return digest.hexdigest()


@dataclass(frozen=True)
class TreeEntry:
    """A line of a folder: its raw name, and what it names. Modes as git shows them, six octal digits."""

    mode: str
    name: bytes
    sha: str


def tree_sha(entries: Iterable[TreeEntry], digits: int = 40) -> str:
    """The name git gives to a folder with exactly these entries."""
    body = b"".join(
        entry.mode.lstrip("0").encode() + b" " + entry.name + b"\0" + bytes.fromhex(entry.sha)
        for entry in sorted(entries, key=lambda entry: entry.name + b"/" * (entry.mode == "040000"))
    )
    digest = _hash(digits)
    digest.update(f"tree {len(body)}\0".encode() + body)
    return digest.hexdigest()


@dataclass(frozen=True)
class LfsPointer:
    """What git holds in the place of a file that Git LFS keeps: the SHA-256 and size in bytes of the real content."""

    oid: str
    size_bytes: int

    @classmethod
    def read(cls, content: bytes) -> LfsPointer | None:
        """The pointer that these bytes are, or None. https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md"""
        match = _POINTER.fullmatch(content) if len(content) <= LARGEST_POINTER_BYTES else None
        return cls(match[1].decode(), int(match[2])) if match else None

    @classmethod
    def of_file(cls, file: Path) -> LfsPointer | None:
        """The pointer that a file is, or None; a large file is not read. Raises OSError."""
        return cls.read(file.read_bytes()) if file.stat().st_size <= LARGEST_POINTER_BYTES else None

    def matches(self, file: Path) -> bool:
        """Whether the file is the content that the pointer stands for."""
        return file.stat().st_size == self.size_bytes and _sha256(file) == self.oid

    def is_disproved_by(self, file: Path) -> bool:
        """Whether no more of the file, and no other copy, could be what the pointer says: oid and size contradict."""
        size_bytes = file.stat().st_size
        return size_bytes > self.size_bytes or (size_bytes < self.size_bytes and _sha256(file) == self.oid)


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _hash(digits: int) -> hashlib._Hash:
    return hashlib.new("sha256" if digits == _SHA256_DIGITS else "sha1", usedforsecurity=False)
