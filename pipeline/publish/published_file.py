"""What is published, as a file: of very many documents it holds the names of parts, which stand beside the receipts.

A part is written once for all publications of its collection that have it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import BaseModel

from pipeline.datadir import files, parted
from pipeline.datadir.files import FilePath
from pipeline.datadir.parted import Parted
from pipeline.datadir.paths import DataDir
from pipeline.errors import DamagedFileError
from pipeline.run.records import Published, StoredVersion


class PublishedFile(Published):
    """Content of index/<alias>.json; `documents` is empty where there are parts."""

    parts: tuple[str, ...] = ()
    listed: int = 0
    incomplete: int = 0


class Totals(NamedTuple):
    """Of many documents: how many, their points, and how many lack text."""

    documents: int = 0
    points: int = 0
    incomplete: int = 0


class _Part(BaseModel):
    documents: dict[str, StoredVersion]


class StoredParts(Parted[StoredVersion]):
    """Those of written parts, with what is asked about all of them."""

    def __init__(self, folder: FilePath, names: Sequence[str], totals: Totals) -> None:
        def read(index: int) -> dict[str, StoredVersion]:
            return parted.read_part(folder / names[index], _Part).documents

        super().__init__(len(names), read, totals.documents, names)
        self.totals = totals


def totals(documents: Mapping[str, StoredVersion]) -> Totals:
    """Of all of them; those of written parts are known."""
    if isinstance(documents, StoredParts):
        return documents.totals
    return _add_up(documents.values())


def _add_up(versions: Collection[StoredVersion]) -> Totals:
    points = sum(version.chunk_count for version in versions)
    return Totals(len(versions), points, sum(version.gaps is not None for version in versions))


def read(data: DataDir, path: FilePath) -> Published:
    """Raises FileNotFoundError, and DamagedFileError when it or one of its parts is damaged or gone."""
    return parse(data, path, files.read_bytes(path))


def parse(data: DataDir, path: FilePath, sealed: bytes) -> Published:
    """What `read` makes of a file's bytes."""
    file = files.parse_model(path, sealed, PublishedFile)
    if not file.parts:
        return with_documents(file, file.documents)
    folder = data.published_parts(file.collection)
    if not parted.are_whole(folder, file.parts):
        raise DamagedFileError.of(path)
    return with_documents(file, StoredParts(folder, file.parts, Totals(file.listed, file.points, file.incomplete)))


def with_documents(published: Published, documents: Mapping[str, StoredVersion], **changes: Any) -> Published:
    """The same with these documents, which are not looked at before they are asked about."""
    return Published.model_construct(**{**_head(published), "documents": documents, **changes})


def keep(data: DataDir, collection: str, documents: Mapping[str, StoredVersion]) -> Mapping[str, StoredVersion]:
    """The same, from here on whatever happens to what they were read from: of very many documents as written parts."""
    if not isinstance(documents, Parted) or isinstance(documents, StoredParts):
        return documents
    folder = data.published_parts(collection)
    names, all_totals = [], Totals()
    for part in parted.in_parts(documents):
        content = _Part.model_construct(documents=dict(part)).model_dump_json(exclude_none=True)
        names.append(parted.write_part(folder, f"{content}\n".encode()))
        all_totals = Totals(*map(sum, zip(all_totals, _add_up(part.values()), strict=True)))
    return StoredParts(folder, names, all_totals)


def write(data: DataDir, path: FilePath, published: Published) -> None:
    """With very many documents its parts first, then what names them."""
    kept = keep(data, published.collection, published.documents)
    if not isinstance(kept, StoredParts):
        files.write_json(path, published)
        return
    counts = {"listed": kept.totals.documents, "incomplete": kept.totals.incomplete}
    files.write_json(path, PublishedFile(**_head(published), documents={}, parts=kept.names, **counts))


def _head(published: Published) -> dict[str, Any]:
    return {name: getattr(published, name) for name in Published.model_fields if name != "documents"}
