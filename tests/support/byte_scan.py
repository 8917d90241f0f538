"""Finds words in every byte below some folders: as UTF-8, UTF-16 or JSON, and in what is compressed."""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
import zlib
from collections.abc import Iterator
from pathlib import Path

_STREAM = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]|PK\x03\x04")
_LOCAL_HEADER = 30
_AUTOMATIC = 47  # window bits: zlib or gzip, whichever it is


def places(words: list[str], *folders: Path) -> list[str]:
    """Every file in which one of the words is, with the word."""
    pattern = re.compile(b"|".join(re.escape(each) for word in words for each in sorted(_spellings(word))))
    found = []
    for folder in folders:
        for file in sorted(folder.rglob("*")):
            if file.is_symlink() or not file.is_file():
                continue
            said = {match for content in _contents(file) for match in pattern.findall(content)}
            found += [f"{file.relative_to(folder)}: {each!r}" for each in sorted(said)]
    return found


def _spellings(word: str) -> set[bytes]:
    encoded = {word.encode(code) for code in ("utf-8", "utf-16-le", "utf-16-be", "latin-1")}
    return encoded | {json.dumps(word)[1:-1].encode()}


def _contents(file: Path) -> Iterator[bytes]:
    content = file.read_bytes()
    yield content
    yield str(file).encode()
    yield from _inflated(content)
    if content.startswith(b"SQLite format 3"):
        with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(file)) as connection:
            for row in connection.execute("SELECT point FROM points"):
                yield bytes(row[0])


def _inflated(content: bytes) -> Iterator[bytes]:
    """Whatever can be inflated of the streams that begin somewhere."""
    for match in _STREAM.finditer(content):
        start, bits = match.start(), _AUTOMATIC
        if match.group().startswith(b"PK"):
            names = content[start + 26 : start + _LOCAL_HEADER]
            start += _LOCAL_HEADER + int.from_bytes(names[:2], "little") + int.from_bytes(names[2:], "little")
            bits = -15
        with contextlib.suppress(zlib.error):
            yield zlib.decompressobj(bits).decompress(content[start:], 50_000_000)
