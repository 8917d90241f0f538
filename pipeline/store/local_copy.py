"""A copy of the published local collection for readers, so that they never wait for a run, and no run for them.

`readers/<alias>/<copy>/` holds the collection as it was when it was published, `readers/<alias>/current` names the copy
to open. A reader takes all points into memory, so that a copy can go as soon as there is a newer one.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import JsonValue

from pipeline.datadir import files, folders
from pipeline.datadir.paths import DataDir
from pipeline.errors import DamagedFileError, ErrorCode, TransientError
from pipeline.schema import Record
from pipeline.settings.sections import Settings
from pipeline.store import local_files

if TYPE_CHECKING:
    from qdrant_client import QdrantClient

_POINTER = "current"
_STORAGE = "storage.sqlite"
_ATTEMPTS = 5  # to open a copy, when each time a newer one takes its place


class Copy(Record):
    """What `current` says: which collection was copied, in which state, to which folder, and Qdrant's description."""

    collection: str
    folder: str
    source: str
    copied: str
    description: dict[str, JsonValue]


def make(settings: Settings, collection: str) -> None:
    """Give readers a copy of this collection, whose files nobody else may be changing; takes time by its size.

    Killed at any instant it can be done again, and readers have a whole copy at each.
    """
    if is_current(settings, collection):
        return
    home = _home(settings)
    name = f"{collection}-{secrets.token_hex(4)}"
    with folders.temporary_folder(home / name) as folder:
        _write(settings, collection, folder)
        folder.rename(home / name)
    copy = Copy(
        collection=collection,
        folder=name,
        source=local_files.state(local_files.storage(settings, collection)),
        copied=local_files.state(home / name / _STORAGE),
        description=local_files.described(settings, collection),
    )
    files.write_json(home / _POINTER, copy)
    for old in files.names(home) - {_POINTER, name}:
        shutil.rmtree(home / old, ignore_errors=True)


def follow(settings: Settings) -> str | None:
    """After local files were written anew: readers get a new copy of what is published, whose name is returned."""
    collection = local_files.collection_of(settings, settings.qdrant.collection_name)
    if collection is not None:
        make(settings, collection)
    return collection


def renew(settings: Settings) -> None:
    """After points were erased for good: readers get a new copy of what is published, and no older one stays."""
    alias, collection = settings.qdrant.collection_name, follow(settings)
    copies = _home(settings).parent
    for other in files.names(copies) - ({alias} if collection is not None else set()):
        folders.remove_folder(copies / other)  # made again for whoever reads by that alias


def is_current(settings: Settings, collection: str) -> bool:
    """Whether readers are given this collection as it is now, and nothing older lies about."""
    home, found = _home(settings), current(settings)
    return (
        found is not None
        and found.collection == collection
        and found.source == local_files.state(local_files.storage(settings, collection))
        and found.copied == local_files.state(home / found.folder / _STORAGE)
        and files.names(home) == {_POINTER, found.folder}
    )


def current(settings: Settings) -> Copy | None:
    """The copy that readers open now; None before anything was published."""
    with contextlib.suppress(FileNotFoundError, DamagedFileError):
        return files.read_model(_home(settings) / _POINTER, Copy)
    return None


def open_copy(settings: Settings, wanted: Copy) -> tuple[Copy, QdrantClient]:
    """The copy, or one that has taken its place meanwhile, in memory. Raises TransientError (DAMAGED)."""
    for _ in range(_ATTEMPTS):
        folder = _home(settings) / wanted.folder
        try:
            return wanted, _load(folder, wanted, settings.qdrant.collection_name)
        except Exception as error:  # a damaged pickle raises anything
            found = current(settings)
            if found is None or found == wanted:
                raise _damaged(error) from None
            wanted = found
    raise TransientError("the collection is being published again and again: try again", ErrorCode.STORE_UNREACHABLE)


def _damaged(error: Exception) -> TransientError:
    return TransientError(
        f"the readers' copy of the local collection cannot be opened ({type(error).__name__}): run `nic run`, which "
        "makes it again",
        ErrorCode.DAMAGED,
    )


def _write(settings: Settings, collection: str, folder: Path) -> None:
    """By SQLite itself: what was deleted leaves nothing in the copy, and no lock of this process is lost."""
    with contextlib.closing(sqlite3.connect(local_files.storage(settings, collection))) as connection:
        connection.execute("VACUUM INTO ?", (str(folder / _STORAGE),))
    for path in (folder / _STORAGE, folder):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _load(folder: Path, copy: Copy, alias: str) -> QdrantClient:
    from qdrant_client import QdrantClient, models
    from qdrant_client.local.local_collection import LocalCollection
    from qdrant_client.local.persistence import CollectionPersistence

    class Storage(CollectionPersistence):
        def __init__(self) -> None:
            address = f"{(folder / _STORAGE).resolve().as_uri()}?mode=ro&immutable=1"
            self.storage = sqlite3.connect(address, uri=True)
            self._legacy_keys = {}

    loaded = LocalCollection(models.CreateCollection.model_validate(copy.description))
    with contextlib.closing(Storage()) as loaded.storage:
        loaded.load_vectors()
    loaded.storage = None
    client = QdrantClient(":memory:")
    client._client.collections[copy.collection] = loaded  # type: ignore[attr-defined]
    client._client.aliases[alias] = copy.collection  # type: ignore[attr-defined]
    return client


def _home(settings: Settings) -> Path:
    return DataDir.at(settings.pipeline.data_dir).readers(settings.qdrant.collection_name)
