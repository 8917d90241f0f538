"""One Qdrant client per process, on local files or a server, opened so that its key stays hidden.

It knows nothing of documents (that is `pipeline.store.collection`), and importing it loads no Qdrant library.
"""

from __future__ import annotations

import contextlib
import math
import os
import sqlite3
import ssl
import threading
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.datadir import files
from pipeline.datadir.paths import DataDir
from pipeline.errors import ConfigurationError, ErrorCode, PipelineError, TransientError
from pipeline.settings.collection import QdrantSettings
from pipeline.settings.secrets import check_address, secret
from pipeline.settings.sections import Settings
from pipeline.store.requests import call

if TYPE_CHECKING:
    from portalocker import Lock
    from qdrant_client import QdrantClient

_open: dict[tuple[int, str], tuple[QdrantClient, Lock | None]] = {}
_opening = threading.Lock()


def connect(settings: Settings) -> QdrantClient:
    """The client of this process; local files admit only one opener, so it is shared.

    Raises ConfigurationError for invalid settings, TransientError while another process has the local files.
    """
    key = _key(settings)
    with _opening:
        if key not in _open:
            _ignore_advice()
            _open[key] = _open_server(settings.qdrant) if settings.qdrant.url else _open_local(settings)
        return _open[key][0]


def disconnect(settings: Settings) -> None:
    """Close this process's client and let the local files go. Does nothing when there is none."""
    with _opening:
        client, lock = _open.pop(_key(settings), (None, None))
    if client is not None:
        client.close()
    if lock is not None:
        lock.release()


def is_present(settings: Settings, collection: str, points: int) -> bool:
    """Whether a collection exists with exactly this many points, for one request or one look at the local files.

    Raises TransientError when a server does not answer.
    """
    if not settings.qdrant.url:
        return _local_points(settings, collection) == points
    try:
        return call(connect(settings).count, collection, exact=True).count == points
    except PipelineError as error:
        if error.code is ErrorCode.STORE_MISMATCH:
            return False
        raise


def speed_up_local_writes(settings: Settings, collection: str) -> None:
    """Have SQLite keep a write-ahead log for a collection's file, for good: one sync a point instead of several.

    Local mode commits every point on its own; measured 376 -> 1,296 points/s. https://sqlite.org/wal.html
    """
    storage = _local_storage(settings, collection)
    with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(storage)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")


def _key(settings: Settings) -> tuple[int, str]:
    # the pid: a forked child must not use its parent's sockets or its copy of the points
    qdrant = settings.qdrant
    server = f"{qdrant.url} {qdrant.ca_file} {qdrant.timeout_s}"
    return os.getpid(), server if qdrant.url else str(_local_folder(settings).resolve())


def _open_server(settings: QdrantSettings) -> tuple[QdrantClient, None]:
    from qdrant_client import QdrantClient

    key = secret("QDRANT_API_KEY")
    check_address(settings.url, key, url_name="QDRANT_URL", key_name="QDRANT_API_KEY", example="https://host:6333")
    options: dict[str, Any] = {}
    if key:  # as `api_key` it would show in vars() and repr() of the client
        options["auth_token_provider"] = lambda: key
    if settings.ca_file:
        try:
            options["verify"] = ssl.create_default_context(cafile=settings.ca_file)
        except OSError as error:
            raise ConfigurationError(f"QDRANT_CA_FILE cannot be used: {type(error).__name__}") from None
    timeout_s = math.ceil(settings.timeout_s)
    return QdrantClient(url=settings.url, timeout=timeout_s, check_compatibility=False, **options), None


def _open_local(settings: Settings) -> tuple[QdrantClient, Lock]:
    import portalocker
    from qdrant_client import QdrantClient

    from pipeline.store import local_filters, local_search

    local_filters.install()
    local_search.install()
    folder = _local_folder(settings)
    DataDir.at(settings.pipeline.data_dir).create()
    # Qdrant's own lock is taken only after all points were read, so a second process could begin with old ones.
    lock = portalocker.Lock(folder / "in-use.lock", timeout=settings.qdrant.timeout_s)
    try:
        with contextlib.ExitStack() as stack, files.disk_errors():
            stack.enter_context(lock)
            _forget_empty(folder / "meta.json")
            client = QdrantClient(path=str(folder))
            stack.pop_all()
            return client, lock
    except (portalocker.LockException, RuntimeError):
        raise TransientError(
            "another process is using the local Qdrant files: wait for it to end, or set QDRANT_URL to a server, "
            "which serves many at once",
            ErrorCode.STORE_UNREACHABLE,
        ) from None
    except sqlite3.OperationalError as error:
        message = f"cannot open the local Qdrant files: {error}"
        raise TransientError(message, ErrorCode.STORE_UNREACHABLE) from None
    except (ValueError, KeyError, sqlite3.DatabaseError) as error:
        raise ConfigurationError(
            f"the local Qdrant files are damaged ({type(error).__name__}): delete the folder qdrant of the data "
            "directory and run again"
        ) from None


def _forget_empty(description: Path) -> None:
    """Qdrant's first description of its collections, when whoever began to write it was killed."""
    if description.is_file() and not description.stat().st_size:
        description.unlink()


def _local_folder(settings: Settings) -> Path:
    return DataDir.at(settings.pipeline.data_dir).qdrant


def _local_storage(settings: Settings, collection: str) -> Path:
    """Where qdrant-client 1.20 keeps a collection in local mode: SQLite, a row of table `points` for each point."""
    return _local_folder(settings) / "collection" / collection / "storage.sqlite"


def _local_points(settings: Settings, collection: str) -> int | None:
    storage = _local_storage(settings, collection)
    if not storage.exists():
        return None
    try:
        with contextlib.closing(sqlite3.connect(f"{storage.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            return int(connection.execute("SELECT count(*) FROM points").fetchone()[0])
    except sqlite3.Error:
        return None


def _ignore_advice() -> None:
    """Local mode's size and index remarks, and one about keys over http, which `check_address` settles."""
    for message in ("Local mode is not recommended", "Auth token provider is used"):
        warnings.filterwarnings("ignore", message=message, category=UserWarning)
