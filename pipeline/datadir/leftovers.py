"""Temporary files and folders: how they are named, and how those of killed processes are found and removed."""

from __future__ import annotations

import contextlib
import functools
import os
import re
import secrets
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Any

import psutil

TEMPORARY_SUFFIX = ".part"
_HOST = socket.gethostname()
_PROCESS = secrets.token_hex(3)  # in a container every run may have the same process ids
_LEFTOVER = re.compile(rf"(\..*)-(\d+)-([0-9a-f]{{6,}})-[^.]*{re.escape(TEMPORARY_SUFFIX)}")
_HOUR_S = 3600.0
_DAY_S = 86_400.0  # no file takes so long to write: whoever began it, on whichever host, will not end it


def temporary_prefix(path: PurePath | Any) -> str:
    """Begins the name of a temporary of this process beside `path`; `_LEFTOVER` reads it."""
    return f".{path.name}.{_HOST}-{os.getpid()}-{_PROCESS}-"


def is_temporary(name: str) -> bool:
    """Whether a file or folder of this name is one that somebody is writing, or was when it was killed."""
    return name.startswith(".") and name.endswith(TEMPORARY_SUFFIX)


def remove_leftovers(folder: Path, pattern: str = ".*") -> None:
    """Delete temporary files and folders of killed processes: of this machine at once, of others after a day."""
    for leftover in folder.glob(f"{pattern}{TEMPORARY_SUFFIX}"):
        found = _LEFTOVER.fullmatch(leftover.name)
        if found and not _is_in_use(leftover, found):
            _remove_tree(leftover)


def remove_recent_leftovers(folders: Path, note: Path) -> None:
    """Delete leftovers in those `folders/*/*` that changed since this was done last, or in the two days before: what
    was too young to be removed then is looked at again. `note` is where the time is kept."""
    noted = _modified(note)
    since = max(0.0, noted - 2 * _DAY_S)
    if time.time() - noted > _HOUR_S:  # a run that has nothing to do writes nothing
        note.touch()
    for folder in _changed_since(folders, since):
        if any(map(is_temporary, os.listdir(folder))):  # noqa: PTH208 - a hundred thousand folders: names only
            remove_leftovers(Path(folder))


@contextlib.contextmanager
def private_folder() -> Iterator[Path]:
    """For copies of documents that a library wants as files; when this process is killed, the next one removes it."""
    _tidy_once()
    prefix = temporary_prefix(Path("nic-etl"))
    with tempfile.TemporaryDirectory(prefix=prefix, suffix=TEMPORARY_SUFFIX) as folder:
        yield Path(folder)


def tidy_temporary_folder() -> None:
    """Remove what killed processes left in the place of private folders."""
    remove_leftovers(Path(tempfile.gettempdir()), ".nic-etl.*")


@functools.cache
def _tidy_once() -> None:
    """Once a process, because others use the folder, too."""
    tidy_temporary_folder()


def _changed_since(folders: Path, since: float) -> Iterator[str]:
    if not folders.is_dir():
        return
    for parent in os.scandir(folders):
        if parent.is_dir():
            with os.scandir(parent.path) as children:
                yield from [each.path for each in children if each.is_dir() and each.stat().st_mtime >= since]


def _is_in_use(path: Path, found: re.Match[str]) -> bool:
    if time.time() - _modified(path) > _DAY_S:
        return False
    is_ours = found[1].endswith(f".{_HOST}")
    return not is_ours or _is_alive(int(found[2]), found[3])


def _is_alive(pid: int, process: str) -> bool:
    return process == _PROCESS if pid == os.getpid() else psutil.pid_exists(pid)


def _modified(path: Path) -> float:
    """Seconds since 1970; 0 for what is gone meanwhile."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _remove_tree(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
