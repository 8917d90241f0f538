"""Erases what purges are about, wherever the pipeline keeps it; each step may be done again, and is harmless then."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from pipeline.datadir import files, folders, leftovers, parted
from pipeline.datadir.files import FilePath
from pipeline.errors import DamagedFileError
from pipeline.flow.store_document import note_erasure
from pipeline.publish import published_file
from pipeline.publish.listings import all_published, unnamed_parts
from pipeline.publish.mentions import (
    Mentions,
    erase_evaluations,
    erase_from_runs,
    files_of_index,
    with_names,
)
from pipeline.publish.purge_scope import Scope
from pipeline.run.current import Run
from pipeline.run.listing_file import read_listing
from pipeline.run.purges import Purge
from pipeline.run.records import ShardManifest
from pipeline.schema import Document
from pipeline.store import erasure, generations, local_copy, local_files


class Erasure:
    """What is to be erased for some purges, all together."""

    def __init__(self, run: Run, purges: Collection[Purge]) -> None:
        known = [purge.unfinished for purge in purges if purge.unfinished]
        self._run = run
        self.documents = frozenset(each for purge in purges for each in purge.documents)
        self.contents = frozenset(each for purge in purges for each in purge.contents)
        self.whole = frozenset(each for purge in known for each in purge.whole)
        self.suspects = frozenset(each for purge in known for each in purge.suspects)
        self.hashes = frozenset(each for purge in known for each in purge.hashes)
        paths = {path for purge in known for path in purge.paths}
        everywhere = paths.union(*(purge.other_paths for purge in known))
        longer = Scope(run).paths_with(everywhere)
        self.names = Mentions(paths | self.documents, longer)
        self.names_in_runs = Mentions(everywhere | self.documents, longer)

    def carry_out(self) -> dict[str, int]:
        """What was removed -> how many. Raises PipelineError, and can be begun again then."""
        note_erasure(self._run)
        return {
            "points": self._points(),
            "records": sum(map(self._index, sorted(self._collections()))),
            "contents": self._contents(),
            "listings": self._listings() + self._unnamed() + self._unreadable(),
            "files of runs": erase_from_runs(self._run, self.names_in_runs),
            "evaluations": erase_evaluations(self._run, self.names_in_runs),
            "other files": self._others(),
        }

    # -- what readers see ----------------------------------------------------------------------------------------

    def points_left(self) -> dict[str, list[erasure.PointId]]:
        """Collection -> its points that are to go."""
        settings = self._run.settings
        return {
            name: erasure.points_of(settings, name, self.whole, self.hashes)
            for name in generations.names(settings)
            if self._is_ours(name)
        }

    def _is_ours(self, collection: str) -> bool:
        """Of this alias, or with receipts here; of local files all are."""
        settings = self._run.settings.qdrant
        is_known = collection in files.names(self._run.data.root / "index")
        return not settings.url or is_known or collection.startswith(f"{settings.collection_name}__")

    def _points(self) -> int:
        found = self.points_left()
        for collection, points in found.items():
            erasure.erase(self._run.settings, collection, points)
        if not self._run.settings.qdrant.url:
            local_files.compact(self._run.settings, generations.names(self._run.settings))
            local_copy.renew(self._run.settings)
        return sum(map(len, found.values()))

    # -- what says what is stored --------------------------------------------------------------------------------

    def _collections(self) -> set[str]:
        """Those of which there are receipts."""
        index = self._run.data.root / "index"
        return {name for name in files.names(index) if (index / name).is_dir()}

    def _index(self, collection: str) -> int:
        gone = self._gone(collection)
        removed = [*self._receipts(collection, gone), *self._manifests(collection, gone)]
        for path in removed:
            files.remove(path)
        changed = [path for path, published in all_published(self._run) if published.collection == collection]
        return len(removed) + sum(self._published(path, gone) for path in changed)

    def _gone(self, collection: str) -> frozenset[str]:
        """Documents of which the collection holds nothing any more."""
        settings = self._run.settings
        is_there = collection in generations.names(settings)
        held = {each.document_id for each in erasure.identities(settings, collection)} if is_there else set()
        return self.whole | (self.suspects - held)

    def _receipts(self, collection: str, gone: Collection[str]) -> Iterator[FilePath]:
        for document_id in sorted(gone):
            folder = self._run.data.receipt(collection, document_id, "").parent
            yield from (folder / name for name in files.names(folder) if name.startswith((document_id, ".")))

    def _manifests(self, collection: str, gone: Collection[str]) -> Iterator[FilePath]:
        """Shards that hold one of them are looked at again by the next run."""
        folder = self._run.data.index(collection) / "shards"
        for name in sorted(files.names(folder)):
            try:
                manifest = files.read_model(folder / name, ShardManifest)
            except DamagedFileError:
                yield folder / name
                continue
            rests_on_it = len(self._others_of(manifest.quarantined)) < len(manifest.quarantined)
            if rests_on_it or not manifest.documents.keys().isdisjoint(gone):
                yield folder / name

    def _others_of(self, evidence: Collection[str]) -> tuple[str, ...]:
        """What a quarantine rests on, without what is about them."""
        return tuple(each for each in evidence if each.partition("/")[0] not in self.contents | self.documents)

    def _published(self, path: FilePath, gone: Collection[str]) -> bool:
        before = published_file.read(self._run.data, path)
        quarantined = self._others_of(before.quarantined)
        erased = [before.documents[key] for key in gone if key in before.documents]
        if not erased and quarantined == before.quarantined:
            return False
        points = before.points - sum(version.chunk_count for version in erased)
        kept = parted.without(before.documents, gone)
        after = published_file.with_documents(before, kept, quarantined=quarantined, points=points)
        published_file.write(self._run.data, path, after)
        return True

    # -- files ---------------------------------------------------------------------------------------------------

    def _contents(self) -> int:
        unlisted = self._unlisted() if self.documents else set()
        known = [self._run.data.document(content) for content in sorted(self.contents | unlisted)]
        there = [folder for folder in known if files.exists(folder)]
        for folder in there:
            folders.remove_folder(folder)
        return len(there)

    def _unlisted(self) -> set[str]:
        """Contents that no listing names: nobody can say any more whose they were, and runs do without them."""
        root = self._run.data.root / "documents"
        there = {name for prefix in files.names(root) for name in files.names(root / prefix)}
        return there - Scope(self._run).contents

    def _listings(self) -> int:
        listings = [name for name in sorted(files.names(self._run.data.snapshots)) if name.endswith(".json")]
        return sum(self._listing(name) for name in listings)

    def _listing(self, name: str) -> bool:
        """One that documents are taken out of is no complete listing any more."""
        path = self._run.data.snapshots / name
        try:
            before = read_listing(self._run.data, path)
            purged = {document.document_id for document in before.documents if self._is_purged(document)}
        except DamagedFileError:
            files.remove(path)
            return True
        skipped = tuple(file for file in before.skipped if file.path not in self.names.names)
        if not purged and skipped == before.skipped:
            return False
        files.write_bytes(self._run.data.lacking(name), b"")
        self._run.listings.rewrite(path, before, purged, skipped)
        return True

    def _unnamed(self) -> int:
        """Parts of listings and publications that nothing names any more. Who works alone need not wait a day."""
        found = list(unnamed_parts(self._run))
        for path in found:
            files.remove(path)
        return len(found)

    def _unreadable(self) -> int:
        """What names them still is damaged: nothing that could be read does. A run makes it again."""
        found = list(with_names(self.names, files_of_index(self._run)))
        for path in found:
            files.remove(path)
        return len(found)

    def _is_purged(self, document: Document) -> bool:
        return document.document_id in self.documents or document.blob_sha in self.contents

    def _others(self) -> int:
        """What quotes documents, whichever: the example search, damaged files of Qdrant, what luigid remembers, and
        what killed processes left."""
        leftovers.tidy_temporary_folder()
        root = self._run.data.root
        there = [path for name in ("example-search.txt", "luigid-state.pickle") if files.exists(path := root / name)]
        there += self._leftovers()
        for path in there:
            files.remove(path)
        if has_damaged := files.exists(root / "qdrant-damaged"):
            folders.remove_folder(root / "qdrant-damaged")
        return len(there) + has_damaged

    def _leftovers(self) -> list[FilePath]:
        """Temporary files; whoever works with the data directory alone knows that nobody writes them any more."""
        root = self._run.data.root
        if not isinstance(root, Path):
            return []
        written = (root / name for name in ("snapshots", "documents", "index", "qdrant"))
        return [path for folder in written for path in folders.every_file(folder) if leftovers.is_temporary(path.name)]
