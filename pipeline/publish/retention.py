"""What the data directory no longer needs: contents, listings and runs that are old and that nothing refers to.

A file that another run needs after all is made again when it is missed (`pipeline.flow.healing`), so nothing has to be
locked; what a killed process leaves, the next one finds.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator
from typing import Literal

from pipeline.datadir import files
from pipeline.datadir.files import FilePath
from pipeline.errors import DamagedFileError
from pipeline.publish.listings import kept_listings
from pipeline.run.current import Run
from pipeline.run.run_id import run_moment
from pipeline.schema import Document, Record, Snapshot, Stage

_DAY_S = 86_400
_RUNS_ALWAYS_KEPT = 20

Kind = Literal["content", "file", "snapshot", "run", "damaged"]


class Garbage(Record):
    """Something that can go: a document's whole folder, a derived file, a listing, a run's folder, damaged files."""

    kind: Kind
    path: str
    size_bytes: int


def review(run: Run) -> list[Garbage]:
    """What can go now. Takes a look at every file of the data directory, about 5 s at 100,000 documents."""
    kept = _Kept.of(run)
    return [*_contents(run, kept), *_snapshots(run, kept), *_runs(run), *_damaged(run)]


def collect(run: Run, found: Iterable[Garbage]) -> None:
    """Remove it. Raises TransientError."""
    for each in found:
        path = run.data.root / each.path
        if each.kind in ("file", "snapshot"):
            files.remove(path)
        else:
            files.remove_folder(path)


def collect_daily(run: Run) -> list[Garbage]:
    """What every run does at its end, once a day; returns what is gone."""
    note = run.data.last_collection
    if files.exists(note) and _age_s(note) < _DAY_S:
        return []
    found = review(run)
    collect(run, found)
    files.write_bytes(note, b"")
    return found


class _Kept(Record):
    """Listings in use, by file name, and the documents in them, by the hash of their content."""

    listings: frozenset[str]
    documents: dict[str, tuple[Document, ...]]

    @classmethod
    def of(cls, run: Run) -> _Kept:
        listings = kept_listings(run)
        documents: dict[str, list[Document]] = {}
        for name in listings:
            with contextlib.suppress(FileNotFoundError, DamagedFileError):
                for document in files.read_model(run.data.snapshots / name, Snapshot).documents:
                    documents.setdefault(document.blob_sha, []).append(document)
        return cls(listings=listings, documents={key: tuple(found) for key, found in documents.items()})


def _contents(run: Run, kept: _Kept) -> Iterator[Garbage]:
    longest_s = run.settings.retention.contents_days * _DAY_S
    root = run.data.root / "documents"
    for prefix in sorted(files.names(root)):
        for name in sorted(files.names(root / prefix)):
            folder = root / prefix / name
            documents = kept.documents.get(name)
            if documents:
                needed = {path.name for document in documents for path in _derived(run, document)}
                old = (folder / each for each in files.names(folder) - needed)
                yield from (_garbage(run, "file", path) for path in old if _age_s(path) > longest_s)
            elif _youngest_s(folder) > longest_s:
                yield _garbage(run, "content", folder)


def _derived(run: Run, document: Document) -> list[FilePath]:
    its = run.files_of(document)
    failures = [its.failure(stage) for stage in Stage]
    return [its.source, its.converted, its.conversion, its.chunks, its.terms, its.embeddings, *failures]


def _snapshots(run: Run, kept: _Kept) -> Iterator[Garbage]:
    longest_s = run.settings.retention.snapshots_days * _DAY_S
    for name in sorted(files.names(run.data.snapshots) - kept.listings - {run.data.latest_snapshot.name}):
        if _age_s(run.data.snapshots / name) > longest_s:
            yield _garbage(run, "snapshot", run.data.snapshots / name)


def _runs(run: Run) -> Iterator[Garbage]:
    longest_s = run.settings.retention.runs_days * _DAY_S
    moments = {name: moment for name in files.names(run.data.runs) if (moment := run_moment(name)) and name != run.id}
    for name in sorted(moments)[:-_RUNS_ALWAYS_KEPT]:
        if time.time() - moments[name].timestamp() > longest_s:
            yield _garbage(run, "run", run.data.runs / name)


def _damaged(run: Run) -> Iterator[Garbage]:
    """What was put aside of Qdrant's local files, which may hold text that is no longer approved."""
    folder = run.data.root / "qdrant-damaged"
    if files.exists(folder) and _age_s(folder) > run.settings.retention.contents_days * _DAY_S:
        yield _garbage(run, "damaged", folder)


def _garbage(run: Run, kind: Kind, path: FilePath) -> Garbage:
    name = path.as_posix().removeprefix(f"{run.data.root.as_posix()}/")
    return Garbage(kind=kind, path=name, size_bytes=_size_bytes(path))


def _size_bytes(path: FilePath) -> int:
    if path.is_dir():
        return sum(_size_bytes(path / name) for name in files.names(path))
    with contextlib.suppress(FileNotFoundError):
        return int(path.stat().st_size)
    return 0


def _youngest_s(folder: FilePath) -> float:
    """Seconds since anything was written there."""
    return min((_age_s(path) for path in (folder, *(folder / name for name in files.names(folder)))), default=0.0)


def _age_s(path: FilePath) -> float:
    """Seconds since it was written; 0 for what is gone meanwhile or has no time."""
    with contextlib.suppress(FileNotFoundError):
        return time.time() - float(path.stat().st_mtime)
    return 0.0
