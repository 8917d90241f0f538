"""Reads and writes derived files, on this machine or in an object store, so that a reader never sees half of one.

A path is a `pathlib.Path` or, for a URL such as `s3://bucket/prefix`, a `upath.UPath` (fsspec).
"""

from __future__ import annotations

import contextlib
import glob
import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import psutil
from pydantic import BaseModel
from upath import UPath

from pipeline.errors import ConfigurationError, ErrorCode, TransientError

FilePath = Path | UPath
Model = TypeVar("Model", bound=BaseModel)
TEMPORARY_SUFFIX = ".part"
_HOST = socket.gethostname()


def file_path(location: str) -> FilePath:
    """The path that a setting names. Raises ConfigurationError for a URL that no installed library can open."""
    if "://" not in location:
        return Path(location)
    try:
        path = UPath(location, use_listings_cache=False)  # other machines write there, too
        _ = path.fs
    except (ImportError, ValueError) as error:
        raise ConfigurationError(f"NIC_DATA_DIR cannot be opened ({error}); for s3:// install nic-etl[s3]") from None
    return path


@contextlib.contextmanager
def atomic(path: FilePath) -> Iterator[Path]:
    """A temporary file on this machine; on success it becomes `path` as a whole, on failure it is removed.

    Raises TransientError when an object store does not take it.
    """
    with _renamed(path) if isinstance(path, Path) else _uploaded(path) as temporary:
        yield temporary


@contextlib.contextmanager
def local_copy(path: FilePath) -> Iterator[Path]:
    """The file on this machine: itself, or a copy for as long as it is needed. Raises FileNotFoundError."""
    if isinstance(path, Path):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="nic-etl-") as folder:
        copy = Path(folder) / path.name
        with _store_errors():
            path.fs.get_file(path.path, str(copy))
        yield copy


def write_bytes(path: FilePath, data: bytes) -> None:
    """Write atomically."""
    with atomic(path) as temporary:
        temporary.write_bytes(data)


def write_json(path: FilePath, value: BaseModel) -> None:
    """Write a model atomically as JSON: UTF-8, fields in their order, absent ones left out, one trailing newline."""
    write_bytes(path, f"{value.model_dump_json(exclude_none=True)}\n".encode())


def read_bytes(path: FilePath) -> bytes:
    """Raises FileNotFoundError, TransientError."""
    with _store_errors():
        return path.read_bytes()


def read_model(path: FilePath, model: type[Model]) -> Model:
    """Read a file that `write_json` wrote. Raises FileNotFoundError, pydantic.ValidationError, TransientError."""
    return model.model_validate_json(read_bytes(path))


def names(folder: FilePath) -> set[str]:
    """Names of the files in a folder; none when it does not exist. Raises TransientError."""
    try:
        if isinstance(folder, Path):
            return set(os.listdir(folder))  # noqa: PTH208 - a hundred thousand folders: names only
        with _store_errors():
            return {found.rpartition("/")[2] for found in folder.fs.ls(folder.path, detail=False, refresh=True)}
    except (FileNotFoundError, NotADirectoryError):
        return set()


def exists(path: FilePath) -> bool:
    """Raises TransientError."""
    with _store_errors():
        return path.exists()


def remove(path: FilePath) -> None:
    """Remove a file if it is there. Raises TransientError."""
    with _store_errors():
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def _renamed(path: Path) -> Iterator[Path]:
    """Flushed to disk and renamed; the directory is synced too, so that the new name survives a power cut (POSIX)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(path)
    prefix = f".{path.name}.{_HOST}-{os.getpid()}-"
    handle, name = tempfile.mkstemp(prefix=prefix, suffix=TEMPORARY_SUFFIX, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


@contextlib.contextmanager
def _uploaded(path: UPath) -> Iterator[Path]:
    """An object appears as a whole, when its upload is complete."""
    with tempfile.TemporaryDirectory(prefix="nic-etl-") as folder:
        temporary = Path(folder) / path.name
        temporary.touch()
        yield temporary
        with _store_errors():
            path.fs.put_file(str(temporary), path.path)


@contextlib.contextmanager
def _store_errors() -> Iterator[None]:
    """An object store's library has errors of its own, and a network between."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        message = f"the object store of NIC_DATA_DIR gave an error ({type(error).__name__}); is it reachable?"
        raise TransientError(message, ErrorCode.DATA_UNREACHABLE) from error


def _remove_leftovers(path: Path) -> None:
    """Delete what a killed process of this machine left of an earlier attempt at the same file."""
    for leftover in path.parent.glob(f".{glob.escape(path.name)}.{glob.escape(_HOST)}-*{TEMPORARY_SUFFIX}"):
        pid = leftover.name.removeprefix(f".{path.name}.{_HOST}-").partition("-")[0]
        if not psutil.pid_exists(int(pid)):
            leftover.unlink(missing_ok=True)
