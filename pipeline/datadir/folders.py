"""Whole folders of derived files: walked, filled aside and renamed, removed."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pipeline.datadir.files import DISK_FULL, FilePath, disk_errors, names, store_errors
from pipeline.datadir.leftovers import TEMPORARY_SUFFIX, remove_leftovers, temporary_prefix


@contextlib.contextmanager
def temporary_folder(path: Path) -> Iterator[Path]:
    """A folder beside `path`, to be filled and renamed; what is left of it at the end is removed."""
    with disk_errors():
        path.parent.mkdir(parents=True, exist_ok=True)
        remove_leftovers(path.parent)
        folder = Path(tempfile.mkdtemp(prefix=temporary_prefix(path), suffix=TEMPORARY_SUFFIX, dir=path.parent))
    try:
        with disk_errors(DISK_FULL):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def every_file(folder: FilePath) -> Iterator[FilePath]:
    """All files below a folder, however deep. Raises TransientError."""
    for name in sorted(names(folder)):
        path = folder / name
        if path.is_dir():
            yield from every_file(path)
        else:
            yield path


def remove_folder(folder: FilePath) -> None:
    """Remove a folder and all that is in it, if it is there. Raises TransientError."""
    with contextlib.suppress(FileNotFoundError), disk_errors(), store_errors():
        if isinstance(folder, Path):
            shutil.rmtree(folder)
        else:
            folder.fs.rm(folder.path, recursive=True)


def remove_empty_folders(folder: FilePath) -> None:
    """Remove the folders below this one in which nothing is left; an object store has none."""
    if isinstance(folder, Path):
        for parent, _, _ in os.walk(folder, topdown=False):
            if parent != str(folder):
                with contextlib.suppress(OSError):  # something is in it
                    Path(parent).rmdir()
