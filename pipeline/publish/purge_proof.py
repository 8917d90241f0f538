"""Looks for what a purge should have erased: points, folders, names, and hashes in the bytes of local Qdrant files."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from pipeline.datadir import files, folders
from pipeline.datadir.files import FilePath
from pipeline.errors import ErrorCode, TransientError
from pipeline.publish.erasure import Erasure
from pipeline.publish.mentions import Mentions, files_of_index, files_of_runs, foreign_files, with_names
from pipeline.run.current import Run


def prove(run: Run, erasure: Erasure) -> None:
    """Raises TransientError when anything is left."""
    left = sorted({*_points(erasure), *_contents(run, erasure), *_names(run, erasure), *_local_files(run, erasure)})
    if left:
        raise TransientError(
            f"the purge left something in {', '.join(left)}: run `nic purge` again", ErrorCode.INCOMPLETE
        )


def mentioned_elsewhere(run: Run, names: Mentions) -> Iterator[str]:
    """Files in the data directory that are not the pipeline's own and name a document."""
    root = run.data.root.as_posix()
    return (path.as_posix().removeprefix(f"{root}/") for path in with_names(names, foreign_files(run)))


def _points(erasure: Erasure) -> Iterator[str]:
    return (f"collection {name}" for name, points in erasure.points_left().items() if points)


def _contents(run: Run, erasure: Erasure) -> Iterator[str]:
    return (f"documents/{each[:2]}/{each}" for each in erasure.contents if files.exists(run.data.document(each)))


def _names(run: Run, erasure: Erasure) -> Iterator[str]:
    yield from map(_shown, with_names(erasure.names, files_of_index(run)))
    yield from map(_shown, with_names(erasure.names_in_runs, files_of_runs(run)))


def _local_files(run: Run, erasure: Erasure) -> Iterator[str]:
    """A point is stored with the id of its document and the hash of its file, in plain bytes."""
    if not run.settings.qdrant.url:
        named = Mentions(erasure.documents | erasure.hashes)
        copies = run.data.readers(run.settings.qdrant.collection_name).parent
        stored = chain(folders.every_file(run.data.qdrant), folders.every_file(copies))
        yield from map(_shown, with_names(named, stored))


def _shown(path: FilePath) -> str:
    return f"{path.parent.name}/{path.name}"
