"""One Qdrant client per process, on local files or a server, opened so that its key stays hidden.

It knows nothing of documents (that is `pipeline.store.collection`), and importing it loads no Qdrant library.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import math
import os
import sqlite3
import ssl
import threading
import warnings
from typing import TYPE_CHECKING, Any

from pipeline.datadir import files
from pipeline.datadir.paths import DataDir
from pipeline.errors import ConfigurationError, ErrorCode, PipelineError, TransientError
from pipeline.settings.collection import QdrantSettings
from pipeline.settings.secrets import check_address, secret
from pipeline.settings.sections import Settings
from pipeline.store import local_copy, local_files
from pipeline.store.requests import call

if TYPE_CHECKING:
    from portalocker import Lock
    from qdrant_client import QdrantClient

_log = logging.getLogger(__name__)
_open: dict[tuple[int, str], tuple[QdrantClient, Lock | None]] = {}
_copies: dict[tuple[int, str], tuple[local_copy.Copy, QdrantClient]] = {}
_opening = threading.Lock()
_copying = threading.Lock()


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


def connect_reader(settings: Settings) -> QdrantClient | None:
    """A client that cannot write: on the server, or on the local collection as it was published last, in memory; None
    before that. A call after another publication gives another client, the earlier one stays as it is.

    Raises what `connect` raises, and TransientError (DAMAGED).
    """
    from pipeline.store.read_only import read_only

    if settings.qdrant.url:
        return read_only(connect(settings))
    wanted = local_copy.current(settings) or _first_copy(settings)
    if wanted is None:
        return None
    key = _reader_key(settings)
    with _copying:
        if key not in _copies or _copies[key][0] != wanted:
            _prepare_local_mode()
            _copies[key] = local_copy.open_copy(settings, wanted)
        return read_only(_copies[key][1])


def _first_copy(settings: Settings) -> local_copy.Copy | None:
    """Of a collection that was published before there were copies."""
    collection = local_files.collection_of(settings, settings.qdrant.collection_name)
    if collection is None:
        return None
    has_lock = _key(settings) in _open
    try:
        with contextlib.nullcontext() if has_lock else _acquired(settings):
            local_copy.make(settings, collection)
    except sqlite3.Error as error:
        raise local_files.DamagedFilesError(error) from None
    return local_copy.current(settings)


def _reader_key(settings: Settings) -> tuple[int, str]:
    return os.getpid(), f"{local_files.folder(settings).resolve()} {settings.qdrant.collection_name}"


def disconnect(settings: Settings) -> None:
    """Close this process's client and let the local files go. Does nothing when there is none."""
    if not settings.qdrant.url:
        _copies.pop(_reader_key(settings), None)
    with _opening:
        client, lock = _open.pop(_key(settings), (None, None))
    _close(client, lock)


@atexit.register
def _close_all() -> None:
    """A client that is left to be collected when the interpreter ends prints that it could not import what closing
    takes."""
    for process, key in [*_copies, *_open]:
        if process == os.getpid():
            _close(_copies.pop((process, key), (None, None))[1], None)
            _close(*_open.pop((process, key), (None, None)))


def _close(client: QdrantClient | None, lock: Lock | None) -> None:
    if client is not None:
        client.close()
    if lock is not None:
        lock.release()


def is_present(settings: Settings, collection: str, points: int) -> bool:
    """Whether readers of the alias see this collection with exactly so many points, for two requests or a look at the
    local files, which must be as they were when it was published.

    Raises TransientError when a server does not answer.
    """
    alias = settings.qdrant.collection_name
    if not settings.qdrant.url:
        return (
            local_files.collection_of(settings, alias) == collection
            and local_files.points(settings, collection) == points
            and local_files.are_as_noted(settings, collection)
            and local_copy.is_current(settings, collection)
        )
    try:
        client = connect(settings)
        named = {each.alias_name: each.collection_name for each in call(client.get_aliases).aliases}
        return named.get(alias) == collection and call(client.count, collection, exact=True).count == points
    except PipelineError as error:
        if error.code is ErrorCode.STORE_MISMATCH:
            return False
        raise


def mend_local_files(settings: Settings) -> None:
    """Put local files aside that cannot be opened, so that whoever opens them next finds none.

    Raises TransientError while another process has them.
    """
    with _acquired(settings):
        aside = local_files.put_aside(settings)
    _log.warning("the local Qdrant files were damaged; they are in the folder %s, and are made again", aside.name)


def _key(settings: Settings) -> tuple[int, str]:
    # the pid: a forked child must not use its parent's sockets or its copy of the points
    qdrant = settings.qdrant
    server = f"{qdrant.url} {qdrant.ca_file} {qdrant.timeout_s}"
    return os.getpid(), server if qdrant.url else str(local_files.folder(settings).resolve())


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
    from qdrant_client import QdrantClient

    _prepare_local_mode()
    folder = local_files.folder(settings)
    DataDir.at(settings.pipeline.data_dir).create()
    try:
        with contextlib.ExitStack() as stack, files.disk_errors():
            # Qdrant's own is taken only after all points were read, so a second process could begin with old ones.
            lock = _acquired(settings)
            stack.enter_context(lock)
            local_files.forget_empty_description(settings)
            client = QdrantClient(path=str(folder))
            stack.pop_all()
            return client, lock
    except RuntimeError:  # Qdrant's own lock is taken
        raise _in_use() from None
    except sqlite3.OperationalError as error:
        if local_files.has_folder_for_file(settings):
            raise local_files.DamagedFilesError(error) from None
        message = f"cannot open the local Qdrant files: {error}"
        raise TransientError(message, ErrorCode.STORE_UNREACHABLE) from None
    except PipelineError:
        raise
    except Exception as error:  # a damaged pickle raises anything
        raise local_files.DamagedFilesError(error) from None


def _acquired(settings: Settings) -> Lock:
    """The lock of the local files; whoever has to wait for it says so. Raises TransientError after `timeout_s`."""
    import portalocker

    path = local_files.folder(settings) / local_files.LOCK
    if path.is_dir():  # nobody can have locked it
        files.remove(path)
    lock = portalocker.Lock(path, timeout=settings.qdrant.timeout_s)
    try:
        with contextlib.suppress(portalocker.AlreadyLocked):
            lock.acquire(timeout=0)
            return lock
        _log.warning("waiting up to %g s for another process to let the local Qdrant files go", lock.timeout)
        lock.acquire()
    except portalocker.LockException:
        raise _in_use() from None
    return lock


def _prepare_local_mode() -> None:
    from pipeline.store import local_filters, local_points, local_search

    _ignore_advice()
    local_filters.install()
    local_points.install()
    local_search.install()


def _in_use() -> TransientError:
    return TransientError(
        "another process is using the local Qdrant files: wait for it to end, or set QDRANT_URL to a server, "
        "which serves many at once",
        ErrorCode.STORE_UNREACHABLE,
    )


def _ignore_advice() -> None:
    """Local mode's size and index remarks, and one about keys over http, which `check_address` settles."""
    for message in ("Local mode is not recommended", "Auth token provider is used"):
        warnings.filterwarnings("ignore", message=message, category=UserWarning)
