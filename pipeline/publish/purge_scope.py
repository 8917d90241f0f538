"""What a purge is about: which documents and contents a path or a hash stands for, as far as any listing says."""

from __future__ import annotations

import contextlib
import hashlib
import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence

from pipeline.datadir import files
from pipeline.datadir.files import FilePath
from pipeline.errors import ConfigurationError, DamagedFileError
from pipeline.publish.listings import kept_listings
from pipeline.publish.mentions import Mentions, entries_of, files_of_index, files_of_runs, with_names
from pipeline.run.current import Run
from pipeline.run.listing_file import read_listing
from pipeline.run.purges import Purge, Unfinished, now, read_purges
from pipeline.run.records import Receipt
from pipeline.schema import Document, document_id

_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class Scope:
    """Every document that a listing of the data directory names, and those that are still in use."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.projects: set[str] = set()
        self._documents = set(self._listed(files.names(run.data.snapshots)))
        self._kept = set(self._listed(kept_listings(run)))

    def _listed(self, names: set[str] | frozenset[str]) -> Iterator[Document]:
        for name in sorted(name for name in names if name.endswith(".json")):
            with contextlib.suppress(FileNotFoundError, DamagedFileError):
                listing = read_listing(self._run.data, self._run.data.snapshots / name)
                self.projects.add(listing.project)
                yield from listing.documents

    def purges(self, names: Sequence[str]) -> list[Purge]:
        """A request for each name. Raises ConfigurationError for a path that nobody has heard of."""
        spelt = list(dict.fromkeys(map(self._as_listed, names)))
        return [self._of_content(name) if _HASH.fullmatch(name) else self._of_path(name, spelt) for name in spelt]

    @property
    def contents(self) -> set[str]:
        """All that are listed: whose the others were nobody can say any more."""
        return {document.blob_sha for document in self._documents}

    def paths_with(self, names: Collection[str]) -> set[str]:
        """Paths of other documents that one of the names is a part of."""
        paths = {document.path for document in self._documents} - set(names)
        return {path for path in paths if any(name in path for name in names)}

    def _as_listed(self, name: str) -> str:
        """A path as the source spells it: accents may be typed in another way."""
        paths = {document.path for document in self._documents}
        if name in paths:
            return name
        return min((path for path in paths if name in spellings(path)), default=name)

    def _of_content(self, content: str) -> Purge:
        return self._purge((), {content}, set(), set())

    def _of_path(self, path: str, purged: Sequence[str]) -> Purge:
        """With the contents that it ever had and that no other document has now."""
        its = {document for document in self._documents if document.path == path}
        ids = {document.document_id for document in its} or self._unlisted_ids(path)
        if not ids:
            raise ConfigurationError(
                f"no listing of the data directory names {path}: give the path as `nic status` and `nic plan` show it, "
                "or the hash that `git hash-object FILE` gives; nothing was purged"
            )
        contents = {document.blob_sha for document in its}
        others = {each for each in self._kept if each.path not in purged and each.blob_sha in contents}
        own = contents - {document.blob_sha for document in others}
        return self._purge(sorted(ids), own, {path}, {document.path for document in others})

    def _unlisted_ids(self, path: str) -> set[str]:
        """Of a path that was purged before, or that receipts or runs still name."""
        ids = {document_id(each, path) for each in self.projects}
        if any(map(read_purges(self._run.data.purges).holds, ids)):
            return ids
        entries = entries_of(path)  # a word of a path or of a text is no path
        found = set(with_names(Mentions({*entries, *ids}), files_of_index(self._run)))
        if not found and next(with_names(Mentions(entries), files_of_runs(self._run)), None) is None:
            return set()
        return ids | {receipt.document_id for receipt in map(_receipt, found) if receipt and receipt.path == path}

    def _purge(self, ids: Sequence[str], contents: set[str], paths: set[str], shared: set[str]) -> Purge:
        having = {document for document in self._documents if document.blob_sha in contents}
        hashes = {content: self._sha256(content) for content in contents}
        unhashed = {document.document_id for document in having if not hashes[document.blob_sha]}
        return Purge(
            time=now(),
            documents=tuple(ids),
            contents=tuple(sorted(contents)),
            unfinished=Unfinished(
                paths=tuple(sorted(paths)),
                other_paths=tuple(sorted({document.path for document in having} - paths)),
                shared=tuple(sorted(shared)),
                whole=tuple(sorted({*ids, *unhashed})),
                suspects=tuple(sorted({document.document_id for document in having})),
                hashes=tuple(sorted(filter(None, hashes.values()))),
            ),
        )

    def _sha256(self, content: str) -> str:
        """Of the source; empty when that is gone."""
        folder = self._run.data.document(content)
        for name in sorted(files.names(folder)):
            if name.startswith("source."):
                with files.local_copy(folder / name) as file, file.open("rb") as stream:
                    return hashlib.file_digest(stream, "sha256").hexdigest()
        return ""


def spellings(path: str) -> set[str]:
    """As it is, and with its accents composed and decomposed."""
    return {path, unicodedata.normalize("NFC", path), unicodedata.normalize("NFD", path)}


def _receipt(path: FilePath) -> Receipt | None:
    with contextlib.suppress(FileNotFoundError, DamagedFileError):
        return files.read_model(path, Receipt)
    return None
