"""Finds the files of the data directory that do not hold what was written to them. Removes nothing unasked."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Iterator

import numpy as np

from pipeline.datadir import files, folders
from pipeline.datadir.files import FilePath
from pipeline.errors import DamagedFileError
from pipeline.flow import whole_source
from pipeline.run.current import Run


def damaged_files(run: Run) -> Iterator[FilePath]:
    """Every damaged file, as it is found. Reads all of them: minutes with very many documents."""
    for path in _derived(run):
        with contextlib.suppress(FileNotFoundError):  # another run has removed it
            if not _is_whole(path):
                yield path


def _derived(run: Run) -> Iterator[FilePath]:
    for folder in (run.data.snapshots, run.data.root / "documents", run.data.root / "index"):
        yield from folders.every_file(folder)


def _is_whole(path: FilePath) -> bool:
    try:
        if path.stem == "source":
            whole_source.check(path, path.parent.name)
        elif path.suffix == ".json":
            json.loads(files.read_sealed(path))
        elif path.suffix == ".npy":
            np.load(io.BytesIO(files.read_sealed(path)), allow_pickle=False)
    except (DamagedFileError, ValueError, EOFError):
        return False
    return True
