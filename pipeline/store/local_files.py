"""The files of Qdrant's local mode (qdrant-client 1.20), looked at without Qdrant: are they whole, whom does an alias
name, what has changed since. A collection is a SQLite file with a row of table `points` for each point.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
from collections.abc import Collection
from pathlib import Path
from typing import Any

from pipeline.datadir import files, folders
from pipeline.datadir.paths import DataDir
from pipeline.errors import ConfigurationError, ErrorCode, TransientError
from pipeline.settings.sections import Settings

LOCK = "in-use.lock"


class DamagedFilesError(ConfigurationError):
    """The files cannot be opened any more; a run makes them again from what it has derived."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(
            f"the local Qdrant files are damaged ({type(cause).__name__}): run `nic run`, which makes them again"
        )


def folder(settings: Settings) -> Path:
    """Where local mode keeps its files: under the data directory."""
    return DataDir.at(settings.pipeline.data_dir).qdrant


def forget_empty_description(settings: Settings) -> None:
    """Qdrant's first description of its collections, when whoever began to write it was killed."""
    description = _description(settings)
    if description.is_file() and not description.stat().st_size:
        description.unlink()


def has_folder_for_file(settings: Settings) -> bool:
    """Whether a folder stands where a collection's file belongs, of which SQLite says only that it cannot open it."""
    return any(file.is_dir() for file in folder(settings).glob("collection/*/storage.sqlite"))


def put_aside(settings: Settings) -> Path:
    """Move damaged files out of the way, in the place of those that were moved before; returns where they are."""
    whole = folder(settings)
    aside = whole.with_name("qdrant-damaged")
    with files.disk_errors():
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(mode=0o700)
        for each in list(whole.iterdir()):
            if each.name != LOCK:  # whoever waits for it waits for this very file
                each.rename(aside / each.name)
    return aside


def speed_up_writes(settings: Settings, collection: str) -> None:
    """Have SQLite keep a write-ahead log for a collection's file, for good: one sync a point instead of several.

    Local mode commits every point on its own; measured 376 -> 1,296 points/s. https://sqlite.org/wal.html
    """
    with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(storage(settings, collection))) as db:
        db.execute("PRAGMA journal_mode = WAL")


def compact(settings: Settings, collections: Collection[str]) -> None:
    """Write the files of these collections anew, so that no free page holds what was deleted, and remove those of any
    other: of one whose removal was interrupted. Nobody else may have them open. Raises TransientError."""
    for file in folder(settings).glob("collection/*/storage.sqlite"):
        if file.parent.name not in collections:
            folders.remove_folder(file.parent)
            continue
        try:
            with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
                connection.execute("PRAGMA secure_delete = ON")
                connection.execute("VACUUM")
        except sqlite3.Error as error:
            message = f"the local Qdrant files cannot be written anew: {error}; try again when no run is under way"
            raise TransientError(message, ErrorCode.STORE_UNREACHABLE) from None
    note_states(settings)


def points(settings: Settings, collection: str) -> int | None:
    """How many points a collection has; None where there is none that can be read."""
    file = storage(settings, collection)
    if not file.exists():
        return None
    log = file.with_name(f"{file.name}-wal")
    # SQLite keeps an index of the log beside it, which it cannot make in a read-only folder; no log, no need of one
    ways = ("mode=ro",) if log.exists() and log.stat().st_size else ("mode=ro", "mode=ro&immutable=1")
    for way in ways:
        with (
            contextlib.suppress(sqlite3.Error),
            contextlib.closing(sqlite3.connect(f"{file.resolve().as_uri()}?{way}", uri=True)) as connection,
        ):
            return int(connection.execute("SELECT count(*) FROM points").fetchone()[0])
    return None


def collection_of(settings: Settings, alias: str) -> str | None:
    """The collection that an alias names; None where none is, or where that cannot be read."""
    try:
        described: Any = json.loads(_description(settings).read_bytes())
        found = described["aliases"].get(alias)
        return found if found in described["collections"] else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def note_states(settings: Settings) -> None:
    """Note size and time of every collection's file with all its writes in it: who changes a point changes them.

    Reading changes neither.
    """
    for file in folder(settings).glob("collection/*/storage.sqlite"):
        with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        files.write_bytes(_note(settings, file.parent.name), f"{state(file)}\n".encode())
    for note in folder(settings).glob("*.state"):
        if not storage(settings, note.stem).exists():  # of a collection that was removed
            note.unlink(missing_ok=True)


def are_as_noted(settings: Settings, published: str) -> bool:
    """Whether the files of all collections, the published one among them, are as they were noted last: opening one
    opens them all."""
    notes = folder(settings).glob("*.state")
    noted = ((note.read_bytes(), storage(settings, note.stem)) for note in notes)
    is_noted = _note(settings, published).exists()
    return is_noted and all(note == f"{state(file)}\n".encode() for note, file in noted if file.exists())


def described(settings: Settings, collection: str) -> Any:
    """How Qdrant describes the collection: what its vectors are, and its metadata. Raises KeyError, OSError."""
    return json.loads(_description(settings).read_bytes())["collections"][collection]


def state(path: Path) -> str:
    """Size and time of a file: who changes a point changes them."""
    try:
        found = path.stat()
    except OSError:
        return ""
    return f"{found.st_size} bytes at {found.st_mtime_ns}"


def storage(settings: Settings, collection: str) -> Path:
    """The file that holds a collection's points."""
    return folder(settings) / "collection" / collection / "storage.sqlite"


def _note(settings: Settings, collection: str) -> Path:
    return folder(settings) / f"{collection}.state"


def _description(settings: Settings) -> Path:
    return folder(settings) / "meta.json"
