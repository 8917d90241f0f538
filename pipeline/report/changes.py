"""What became of the documents since something was published before: one walk through the listing, part by part.

Of very many documents only counts are kept, and as many paths as a summary names.
"""

from __future__ import annotations

import contextlib
import itertools
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

from pipeline.datadir.parted import common, differing, in_parts
from pipeline.errors import DamagedFileError
from pipeline.flow.text_limit import collect
from pipeline.run.current import Run
from pipeline.run.findings import Collected
from pipeline.run.listing_file import by_id, read_listing
from pipeline.run.records import Published, StoredVersion
from pipeline.run.summary import Changes, FailedDocument, Renamed
from pipeline.schema import Document, Snapshot

MAX_LISTED = 200
Stored = Mapping[str, StoredVersion]


class Comparison:
    """Counts of documents and points, the documents that failed, and the paths that a summary names."""

    def __init__(self, run: Run, removed: int, left: Iterable[Document]) -> None:
        """`left`: the removed documents, as far as they are known."""
        self.stored = self.points = self.new = self.changed = 0
        self.removed = removed
        self.failures: list[FailedDocument] = []
        self.findings = Collected(MAX_LISTED)
        self._run = run
        self._renames = _Renames(left)
        self._new, self._changed = _Paths(MAX_LISTED), _Paths(MAX_LISTED)

    def add(self, document: Document, version: StoredVersion | None, past: StoredVersion | None) -> None:
        """A document of the listing, what is stored of it, and what was published."""
        collect(self._run, self.findings, document, version)
        if version is None:
            self.failures += self._run.failed([document])
            return
        self.stored += 1
        self.points += version.chunk_count
        if past is None:
            self.new += 1
            if not self._renames.take(document):
                self._new.add(document.path)
        elif past.content_version != version.content_version:
            self.changed += 1
            self._changed.add(document.path)

    def add_unchanged(self, versions: Stored, listed: Mapping[str, Document]) -> None:
        """What was published as it is stored; the documents are looked up of which there is something to tell."""
        self.stored += len(versions)
        for key, version in versions.items():
            self.points += version.chunk_count
            if version.warnings or version.gaps or version.left_out:
                collect(self._run, self.findings, listed[key], version)

    @property
    def renamed(self) -> int:
        """How many documents moved: a path left and a new one has equal content."""
        return len(self._renames.pairs)

    @property
    def changes(self) -> Changes:
        """The paths of each kind, sorted, at most `MAX_LISTED`."""
        return Changes(
            new=tuple(self._new),
            changed=tuple(self._changed),
            removed=tuple(sorted(self._renames.left)[:MAX_LISTED]),
            renamed=tuple(sorted(self._renames.pairs, key=lambda pair: pair.new)[:MAX_LISTED]),
        )


class _Paths:
    """The first paths in their order, however many come."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._paths: list[str] = []

    def add(self, path: str) -> None:
        self._paths.append(path)
        if len(self._paths) > 2 * self._most:
            self._paths = list(self)

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._paths)[: self._most])


def compare(run: Run, snapshot: Snapshot, before: Published | None, wanted: Stored) -> Comparison:
    """The paths of removed documents are in the old listing; should that be gone, they are left out."""
    old: Stored = before.documents if before else {}
    listed = by_id(snapshot.documents)
    gone = {key for part in differing(old, wanted) for key in part if key not in listed}
    found = Comparison(run, len(gone), _left(run, before, gone) if before and gone else [])
    if len(wanted) < len(listed):
        for part in in_parts(listed):
            for key, document in part.items():
                found.add(document, wanted.get(key), old.get(key))
        return found
    for unchanged in common(wanted, old):
        found.add_unchanged(unchanged, listed)
    for stored in differing(wanted, old):
        for key, version in stored.items():
            found.add(listed[key], version, old.get(key))
    return found


def _left(run: Run, before: Published, ids: Collection[str]) -> list[Document]:
    """Documents of the published listing; another listing of that commit, of other settings, may lack some."""
    found: dict[str, Document] = {}
    for file in run.data.snapshots.glob(f"{before.commit}-*.json"):
        with contextlib.suppress(DamagedFileError):
            listed = read_listing(run.data, file).documents
            found |= {document.document_id: document for document in listed if document.document_id in ids}
        if len(found) == len(ids):
            break
    return list(found.values())


class _Renames:
    """Pairs of a path that left and a new path of equal content; each is in one pair at most."""

    def __init__(self, left: Iterable[Document]) -> None:
        self.origins: dict[str, list[str]] = defaultdict(list)
        for document in left:
            self.origins[document.blob_sha].append(document.path)
        self.pairs: list[Renamed] = []

    @property
    def left(self) -> Iterator[str]:
        """Paths that are in no pair."""
        return itertools.chain.from_iterable(self.origins.values())

    def take(self, document: Document) -> bool:
        """Whether it is the new path of one that left."""
        if not self.origins.get(document.blob_sha):
            return False
        self.pairs.append(Renamed(old=self.origins[document.blob_sha].pop(), new=document.path))
        return True
