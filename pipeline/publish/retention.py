"""What the data directory no longer needs: contents, files, listings and runs that nothing has referred to for long.

How long nothing needs something is counted from when a collection first found it so, which the note of the last one
says; the times of files say only when they were written. A file that another run needs after all is made again when it
is missed (`pipeline.flow.healing`), so nothing has to be locked; what a killed process leaves, the next one finds.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

from pydantic import Field

from pipeline.datadir import files, folders, leftovers
from pipeline.datadir.files import FilePath
from pipeline.datadir.paths import lfs_oid
from pipeline.errors import DamagedFileError
from pipeline.publish import retirement
from pipeline.publish.listings import kept_listings, unnamed_parts
from pipeline.run.current import Run
from pipeline.run.listing_file import read_listing
from pipeline.run.run_id import run_moment
from pipeline.schema import Document, Record, Stage, Timestamp
from pipeline.store import generations, local_copy, local_files

_DAY = timedelta(days=1)
_RUNS_ALWAYS_KEPT = 20

Kind = Literal["content", "file", "snapshot", "run", "damaged", "leftover", "part"]
_FILES = ("file", "snapshot", "leftover", "part")


class Unneeded(NamedTuple):
    """Something that nothing refers to: a document's whole folder, a derived file, a listing, a run's folder, damaged
    files, a temporary file, a part of what is listed or published."""

    kind: Kind
    path: FilePath
    longest: timedelta
    key: str
    """What its time is counted by; files of one fingerprint have one."""


class Garbage(NamedTuple):
    """What has not been needed for long enough to go."""

    kind: Kind
    path: FilePath
    size_bytes: int


class Note(Record):
    """What the last collection found. Content of runs/last-collection.json."""

    time: Timestamp
    since: dict[str, Timestamp] = Field(default_factory=dict, description="what nothing needs -> when that was noticed")


class Review(NamedTuple):
    """What can go now, and what the next collection has to know."""

    garbage: list[Garbage]
    note: Note


def review(run: Run) -> Review:
    """Takes a look at every file of the data directory, about 5 s at 100,000 documents. Changes nothing."""
    now, before = _now(run), _last_note(run)
    since: dict[str, datetime] = {}
    garbage = []
    for each in _unneeded(run):
        since[each.key] = min(before.since.get(each.key, now) if before else now, now)
        if now - since[each.key] >= each.longest:
            garbage.append(Garbage(each.kind, each.path, _size_bytes(each.path)))
    garbage += [Garbage("run", path, _size_bytes(path)) for path in _runs(run, now)]
    return Review(garbage, Note(time=now, since=since))


def collect(run: Run, found: Review) -> None:
    """Remove it, with what free pages of local Qdrant files still hold. Raises TransientError.

    Those first: whoever cannot have the files now finds the contents still there, and does both the next time.
    """
    if not run.settings.qdrant.url and any(each.kind == "content" for each in found.garbage):
        local_files.compact(run.settings, generations.names(run.settings))
        local_copy.follow(run.settings)
    for each in found.garbage:
        if each.kind in _FILES:
            files.remove(each.path)
        else:
            folders.remove_folder(each.path)
    folders.remove_empty_folders(run.data.root / "documents")
    folders.remove_empty_folders(run.data.root / "index")
    files.write_json(run.data.last_collection, found.note)


def collect_after_run(run: Run) -> list[str]:
    """What every run does at its end: old collections go, and once a day old files; says what is gone.

    Raises PipelineError, when what is published is published all the same.
    """
    gone = retirement.retire(run, retirement.review(run))
    said = [f"{each.collection}: {each.points} chunks that no reader saw any more" for each in gone]
    last = _last_note(run)
    if last is None or not timedelta() <= _now(run) - last.time < _DAY:
        found = review(run)
        collect(run, found)
        said += [f"{len(found.garbage)} contents, files, listings and runs not needed for long"] * bool(found.garbage)
    return said


def _now(run: Run) -> datetime:
    """When this run began."""
    return run_moment(run.id) or datetime.now(UTC)


def _last_note(run: Run) -> Note | None:
    with contextlib.suppress(FileNotFoundError, DamagedFileError):
        return files.read_model(run.data.last_collection, Note)
    return None


# -- what nothing refers to --------------------------------------------------------------------------------------------


def _unneeded(run: Run) -> Iterator[Unneeded]:
    settings, listings = run.settings.retention, kept_listings(run)
    yield from _contents(run, _documents(run, listings), timedelta(days=settings.contents_days))
    own = {run.data.latest_snapshot.name, run.data.snapshot_parts.name}
    for name in sorted(files.names(run.data.snapshots) - listings - own):
        yield _one("snapshot", run.data.snapshots / name, timedelta(days=settings.snapshots_days))
    yield from (_one("part", path, _DAY) for path in unnamed_parts(run))
    damaged = run.data.root / "qdrant-damaged"  # it may hold text that is no longer approved
    if files.exists(damaged):
        yield _one("damaged", damaged, timedelta(days=settings.contents_days))


def _documents(run: Run, listings: frozenset[str]) -> dict[str, tuple[str, ...]]:
    """Content -> the formats of the documents that have it, in the listings in use."""
    found: dict[str, tuple[str, ...]] = {}
    shared: dict[tuple[str, ...], tuple[str, ...]] = {}  # a million contents have few formats
    for name in listings:
        with contextlib.suppress(FileNotFoundError, DamagedFileError):
            for document in read_listing(run.data, run.data.snapshots / name).documents:
                known = found.get(document.blob_sha, ())
                if document.extension not in known:
                    formats = (*known, document.extension)
                    found[document.blob_sha] = shared.setdefault(formats, formats)
    return found


def _contents(run: Run, kept: dict[str, tuple[str, ...]], longest: timedelta) -> Iterator[Unneeded]:
    root = run.data.root / "documents"
    formats = {extension for some in kept.values() for extension in some}
    needed_names = {extension: _derived(run, extension) for extension in formats}
    for prefix in sorted(files.names(root)):
        for name in sorted(files.names(root / prefix)):
            folder = root / prefix / name
            if name not in kept:
                yield Unneeded("content", folder, longest, name)
                continue
            needed = frozenset[str]().union(*(needed_names[extension] for extension in kept[name]))
            for each in sorted(files.names(folder) - needed):
                yield (
                    _leftover(folder / each)
                    if leftovers.is_temporary(each)
                    else Unneeded("file", folder / each, longest, each)
                )


def _leftover(path: FilePath) -> Unneeded:
    """No document takes a day, so that whoever wrote a temporary file was killed."""
    return _one("leftover", path, _DAY)


def _one(kind: Kind, path: FilePath, longest: timedelta) -> Unneeded:
    return Unneeded(kind, path, longest, path.name)


def _derived(run: Run, extension: str) -> frozenset[str]:
    """How the files of a content are named, whichever it is."""
    its = run.files_of(Document(document_id="", path="", blob_sha="", size_bytes=0, extension=extension))
    failures = [its.failure(stage) for stage in Stage]
    source = [its.source, lfs_oid(its.source)]
    paths = [*source, its.converted, its.conversion, its.chunks, its.terms, its.embeddings, *failures]
    return frozenset(path.name for path in paths)


def _runs(run: Run, now: datetime) -> Iterator[FilePath]:
    """The folders of runs say themselves how old they are."""
    longest = timedelta(days=run.settings.retention.runs_days)
    for runs in {run.data.runs, run.data.local_runs}:
        moments = {name: moment for name in files.names(runs) if (moment := run_moment(name)) and name != run.id}
        for name in sorted(moments)[:-_RUNS_ALWAYS_KEPT]:
            if now - moments[name] > longest:
                yield runs / name


def _size_bytes(path: FilePath) -> int:
    if path.is_dir():
        return sum(_size_bytes(path / name) for name in files.names(path))
    with contextlib.suppress(FileNotFoundError):
        return int(path.stat().st_size)
    return 0
