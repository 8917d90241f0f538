"""Reads and writes derived files, on this machine or in an object store, so that a reader never sees half of one.

A path is a `pathlib.Path` or, for a URL such as `s3://bucket/prefix`, a `upath.UPath` (fsspec).
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Container, Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from upath import UPath

from pipeline.datadir.leftovers import TEMPORARY_SUFFIX, private_folder, remove_leftovers, temporary_prefix
from pipeline.datadir.sealed import is_sealed, seal, unseal
from pipeline.errors import ConfigurationError, DamagedFileError, ErrorCode, TransientError

FilePath = Path | UPath
Model = TypeVar("Model", bound=BaseModel)
_UNWRITABLE = {
    errno.ENOSPC: "no space is left on its disk",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "it is read-only",
    errno.EACCES: "permission is denied",
    errno.EPERM: "permission is denied",
    errno.ENOTDIR: "a part of its path is no folder",
    errno.ELOOP: "its path is a circle of links",
    errno.ENAMETOOLONG: "a name in its path is too long",
}
_UNMADE = {errno.ENOENT: "no folder can be made there", errno.EEXIST: "it is no folder"}
_REASONS = {**_UNWRITABLE, **_UNMADE, errno.EISDIR: "it is a folder"}
DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
MAKING_FOLDERS = (*_UNWRITABLE, *_UNMADE)


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

    Raises TransientError when the disk or the object store does not take it.
    """
    with _renamed(path) if isinstance(path, Path) else _uploaded(path) as temporary:
        yield temporary


def temporary_path(path: FilePath, name: str) -> FilePath:
    """Beside `path`, for a file that this process will remove; when it is killed, whoever writes there next does."""
    return path.with_name(f"{temporary_prefix(path)}{name}{TEMPORARY_SUFFIX}")


@contextlib.contextmanager
def disk_errors(kinds: Container[int] = tuple(_UNWRITABLE)) -> Iterator[None]:
    """A disk that takes no more stops every document: TransientError that says so in a line, for these errnos."""
    try:
        yield
    except OSError as error:
        if error.errno is None or error.errno not in kinds:
            raise
        message = f"the data directory cannot be used: {why(error)}; mend that and run again"
        raise TransientError(message, ErrorCode.DATA_UNWRITABLE) from error


def why(error: OSError) -> str:
    """What a disk refused, in words without a path."""
    return _REASONS.get(error.errno or 0) or type(error).__name__


def why_no_folder(path: Path) -> str | None:
    """Why this path can be no folder of this user; None if it is one, or there is nothing yet."""
    try:
        return None if stat.S_ISDIR(path.stat().st_mode) else _UNMADE[errno.EEXIST]
    except FileNotFoundError:
        return None
    except OSError as error:
        return why(error)


@contextlib.contextmanager
def store_errors() -> Iterator[None]:
    """An object store's library has errors of its own, and a network between: TransientError; others pass."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        message = f"the object store of NIC_DATA_DIR gave an error ({type(error).__name__}); is it reachable?"
        raise TransientError(message, ErrorCode.DATA_UNREACHABLE) from error


@contextlib.contextmanager
def local_copy(path: FilePath) -> Iterator[Path]:
    """The file on this machine: itself, or a copy for as long as it is needed. Raises FileNotFoundError."""
    if isinstance(path, Path):
        yield path
        return
    with private_folder() as folder:
        copy = folder / path.name
        with store_errors():
            path.fs.get_file(path.path, str(copy))
        yield copy


def write_bytes(path: FilePath, data: bytes) -> None:
    """Write atomically."""
    with atomic(path) as temporary:
        temporary.write_bytes(data)


def write_sealed(path: FilePath, data: bytes) -> None:
    """Write atomically, followed by what proves it whole."""
    write_bytes(path, seal(data, _sealed_name(path)))


def write_json(path: FilePath, value: BaseModel) -> None:
    """Write a model atomically as sealed JSON: UTF-8, fields in their order, absent ones left out."""
    write_sealed(path, f"{value.model_dump_json(exclude_none=True)}\n".encode())


def read_bytes(path: FilePath) -> bytes:
    """Raises FileNotFoundError, TransientError, and DamagedFileError for a folder in the place of the file."""
    try:
        with store_errors():
            return path.read_bytes()
    except IsADirectoryError:
        raise DamagedFileError.of(path) from None


def read_sealed(path: FilePath) -> bytes:
    """What `write_sealed` wrote. Raises FileNotFoundError, TransientError, DamagedFileError."""
    return _unsealed(path, read_bytes(path))


def read_proven(path: FilePath) -> bytes:
    """What `read_sealed` gives and raises, for content of which the seal alone tells whether it is whole."""
    sealed = read_bytes(path)
    if not is_sealed(sealed):
        raise DamagedFileError.of(path)
    return _unsealed(path, sealed)


def read_model(path: FilePath, model: type[Model]) -> Model:
    """Read a file that `write_json` wrote.

    Raises FileNotFoundError, TransientError, and DamagedFileError for one that holds anything else.
    """
    return parse_model(path, read_bytes(path), model)


def parse_model(path: FilePath, sealed: bytes, model: type[Model]) -> Model:
    """What `read_model` makes of a file's bytes. Raises DamagedFileError."""
    try:
        return model.model_validate_json(_unsealed(path, sealed))
    except ValidationError:
        raise DamagedFileError.of(path) from None


def _unsealed(path: FilePath, sealed: bytes) -> bytes:
    content = unseal(sealed, _sealed_name(path))
    if content is None:
        raise DamagedFileError.of(path)
    return content


def _sealed_name(path: FilePath) -> str:
    """Its last two parts, as the data directory may be moved."""
    return f"{path.parent.name}/{path.name}"


def names(folder: FilePath) -> set[str]:
    """Names of the files in a folder; none when it does not exist. Raises TransientError."""
    try:
        if isinstance(folder, Path):
            return set(os.listdir(folder))  # noqa: PTH208 - a hundred thousand folders: names only
        with store_errors():
            return {found.rpartition("/")[2] for found in folder.fs.ls(folder.path, detail=False, refresh=True)}
    except (FileNotFoundError, NotADirectoryError):
        return set()


def exists(path: FilePath) -> bool:
    """Raises TransientError."""
    with store_errors():
        return path.exists()


def stamp(path: FilePath) -> str:
    """Another one whenever the file was written again; empty when there is none. Raises TransientError."""
    try:
        if isinstance(path, Path):
            found = path.stat()
            return f"{found.st_mtime_ns} {found.st_size} {found.st_ino}"
        with store_errors():
            path.fs.invalidate_cache(path.path)
            return str(path.fs.ukey(path.path))
    except FileNotFoundError:
        return ""


def remove(path: FilePath) -> None:
    """Remove a file if it is there, or a folder that stands in its place. Raises TransientError."""
    with disk_errors(), store_errors():
        try:
            path.unlink(missing_ok=True)
        except (IsADirectoryError, PermissionError):  # POSIX lets a system choose
            if not isinstance(path, Path) or path.is_symlink() or not path.is_dir():
                raise
            shutil.rmtree(path)


def _new_temporary(path: Path) -> Path:
    """An empty file beside `path`. As long as the folder is empty, another process may remove it."""
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        remove_leftovers(path.parent)
        with contextlib.suppress(FileNotFoundError):
            handle, name = tempfile.mkstemp(prefix=temporary_prefix(path), suffix=TEMPORARY_SUFFIX, dir=path.parent)
            os.close(handle)
            return Path(name)


@contextlib.contextmanager
def _renamed(path: Path) -> Iterator[Path]:
    """Flushed to disk and renamed; the directory is synced too, so that the new name survives a power cut (POSIX)."""
    with disk_errors():
        temporary = _new_temporary(path)
    try:
        with disk_errors(DISK_FULL):  # what is read meanwhile has permissions of its own
            yield temporary
        with disk_errors():
            with temporary.open("rb") as written:
                os.fsync(written.fileno())
            if path.is_dir():  # no file can take its place otherwise
                remove(path)
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
    with private_folder() as folder:
        temporary = folder / path.name
        temporary.touch()
        yield temporary
        with store_errors():
            path.fs.put_file(str(temporary), path.path)
