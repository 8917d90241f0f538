"""What was deleted from local Qdrant files is in none of their bytes after they were written anew."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from pipeline.store import local_files
from tests.support.byte_scan import places
from tests.support.stored import make_settings

WORD = "Zuleica"


def make_file(collection: Path) -> None:
    """With a deleted row whose bytes SQLite leaves in free pages, as builds without SECURE_DELETE do."""
    collection.mkdir(parents=True)
    with contextlib.closing(sqlite3.connect(collection / "storage.sqlite", isolation_level=None)) as made:
        made.execute("PRAGMA secure_delete = OFF")
        made.execute("CREATE TABLE points (id TEXT PRIMARY KEY, point BLOB)")
        made.executemany(
            "INSERT INTO points VALUES (?, ?)", [(str(key), f"{WORD} {key}".encode() * 500) for key in range(20)]
        )
        made.execute("DELETE FROM points WHERE id <> '0'")
        made.execute("UPDATE points SET point = x'00'")


def test_free_pages_keep_nothing_and_what_was_half_removed_goes(tmp_path: Path) -> None:
    settings = make_settings(tmp_path / "data")
    folder = local_files.folder(settings) / "collection"
    make_file(folder / "kept")
    make_file(folder / "half-removed")
    assert len(places([WORD], tmp_path)) == 2

    local_files.compact(settings, {"kept"})

    assert places([WORD], tmp_path) == []
    assert local_files.points(settings, "kept") == 1
    assert not (folder / "half-removed").exists()
