"""A listing as a file: a short one is one JSON file, of a very long one the documents are in parts.

A part is written once for all listings that have it, and never all are in memory: what goes through the documents
goes part by part.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, overload

from pydantic import BaseModel, ConfigDict

from pipeline.datadir import files, parted
from pipeline.datadir.files import FilePath
from pipeline.datadir.leftovers import private_folder
from pipeline.datadir.parted import Parted
from pipeline.datadir.paths import DataDir
from pipeline.schema import Document, SkippedFile, Snapshot, document_id

_SPOOLED_CHARACTERS = 4_000_000


class ListingFile(Snapshot):
    """Content of snapshots/<commit>-<fingerprint>.json; `documents` is empty where there are parts."""

    parts: tuple[str, ...] = ()
    listed: int = 0


class _Parts(BaseModel):
    """What is had of a listing without its documents."""

    model_config = ConfigDict(extra="ignore")

    parts: tuple[str, ...] = ()


class _Part(BaseModel):
    documents: tuple[Document, ...]


class Documents(Sequence[Document]):
    """The documents of a very long listing, part by part; by their paths within each."""

    def __init__(self, by_id: Parted[Document]) -> None:
        self.by_id = by_id

    def __len__(self) -> int:
        return len(self.by_id)

    def __iter__(self) -> Iterator[Document]:
        return itertools.chain.from_iterable(part.values() for part in parted.in_parts(self.by_id))

    @overload
    def __getitem__(self, index: int) -> Document: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Document]: ...
    def __getitem__(self, index: int | slice) -> Document | Sequence[Document]:
        if isinstance(index, slice):
            return tuple(itertools.islice(self, *index.indices(len(self))))
        return next(itertools.islice(self, range(len(self))[index], None))


class _ByPath(Mapping[str, Document]):
    """Path -> document."""

    def __init__(self, project: str, documents: Documents) -> None:
        self._project = project
        self._documents = documents

    def __getitem__(self, path: str) -> Document:
        return self._documents.by_id[document_id(self._project, path)]

    def __iter__(self) -> Iterator[str]:
        return (document.path for document in self._documents)

    def __len__(self) -> int:
        return len(self._documents)


def by_path(snapshot: Snapshot) -> Mapping[str, Document]:
    """Path -> document of a listing."""
    if isinstance(snapshot.documents, Documents):
        return _ByPath(snapshot.project, snapshot.documents)
    return {document.path: document for document in snapshot.documents}


def by_id(documents: Sequence[Document]) -> Mapping[str, Document]:
    """Document id -> document."""
    if isinstance(documents, Documents):
        return documents.by_id
    return {document.document_id: document for document in documents}


def parts_of(documents: Sequence[Document]) -> Iterator[Mapping[str, Document]]:
    """Document id -> document of all of them, as much at a time as belongs into memory."""
    return parted.in_parts(by_id(documents))


def read_listing(data: DataDir, path: FilePath) -> Snapshot:
    """Raises FileNotFoundError, DamagedFileError; so does, later, whatever reads a part that is damaged or gone."""
    return _opened(data, files.read_model(path, ListingFile))


def _opened(data: DataDir, file: ListingFile) -> Snapshot:
    if not file.parts:
        return Snapshot.model_construct(**_head(file), documents=file.documents)

    def read(index: int) -> dict[str, Document]:
        part = parted.read_part(data.snapshot_parts / file.parts[index], _Part)
        return {document.document_id: document for document in part.documents}

    documents = Documents(Parted(len(file.parts), read, file.listed, file.parts))
    return Snapshot.model_construct(**_head(file), documents=documents)


def parts_named(path: FilePath) -> tuple[str, ...]:
    """The parts of a listing. Raises what `read_listing` raises."""
    return files.read_model(path, _Parts).parts


def write_listing(
    data: DataDir, path: FilePath, snapshot: Snapshot, most: int, check: Callable[[Snapshot], None] = lambda _: None
) -> None:
    """Above `most` documents in parts. What makes it a listing is written last, unless `check` raises an error."""
    if len(snapshot.documents) <= most:
        file = Snapshot.model_construct(**_head(snapshot), documents=tuple(snapshot.documents))
    else:
        count = parted.power_of_two(len(snapshot.documents), most)
        parts = tuple(_write_parts(data.snapshot_parts, snapshot.documents, count))
        file = ListingFile(**_head(snapshot), documents=(), parts=parts, listed=len(snapshot.documents))
        snapshot = _opened(data, file)
    check(snapshot)
    files.write_json(path, file)


def without(snapshot: Snapshot, purged: Collection[str], skipped: tuple[SkippedFile, ...]) -> Snapshot:
    """The listing without these documents, and with these skipped files."""
    left = parted.without(by_id(snapshot.documents), purged)
    documents = Documents(left) if isinstance(left, Parted) else tuple(left.values())
    return Snapshot.model_construct(**{**_head(snapshot), "skipped": skipped}, documents=documents)


def _head(snapshot: Snapshot) -> dict[str, Any]:
    return {name: getattr(snapshot, name) for name in Snapshot.model_fields if name != "documents"}


def _write_parts(folder: FilePath, documents: Iterable[Document], count: int) -> Iterator[str]:
    with private_folder() as spool:
        _spool(spool, documents, count)
        for index in range(count):
            lines = (spool / str(index)).read_bytes() if (spool / str(index)).exists() else b""
            yield parted.write_part(folder, b'{"documents":[' + lines.rstrip(b",\n") + b"]}\n")


def _spool(folder: Path, documents: Iterable[Document], count: int) -> None:
    """Each part's documents as JSON in a file of its own, so that a listing is gone through once."""
    waiting: dict[int, list[str]] = defaultdict(list)
    characters = 0
    for document in documents:
        line = document.model_dump_json(exclude_none=True)
        waiting[parted.part_of(document.document_id, count)].append(line)
        characters += len(line)
        if characters > _SPOOLED_CHARACTERS:
            _flush(folder, waiting)
            characters = 0
    _flush(folder, waiting)


def _flush(folder: Path, waiting: dict[int, list[str]]) -> None:
    for index, lines in waiting.items():
        with (folder / str(index)).open("ab") as file:
            file.write((",\n".join(lines) + ",\n").encode())
    waiting.clear()
