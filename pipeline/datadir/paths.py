"""Where every derived file lives. How files are read and written is in `pipeline.datadir.files`.

A stage's file is named after what went in and how (`pipeline.run.fingerprints`); a file that exists is finished.
"""

from __future__ import annotations

import contextlib
import functools
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from pipeline.datadir import files, leftovers
from pipeline.datadir.files import FilePath, file_path
from pipeline.errors import ConfigurationError

_APPLICATION = "nic-etl"


@dataclass(frozen=True)
class DataDir:
    """The layout of the data directory. Every method gives a path; only `create` makes and `tidy` removes anything."""

    root: FilePath

    @classmethod
    def at(cls, location: str) -> DataDir:
        """A folder, or the URL of one in an object store (`s3://bucket/prefix`).

        Raises ConfigurationError for what cannot be one.
        """
        root = file_path(location)
        if isinstance(root, Path) and (reason := files.why_no_folder(root)):
            raise ConfigurationError(f"NIC_DATA_DIR cannot be used: {reason}; name another folder")
        return cls(root)

    def create(self) -> None:
        """Make the data directory and its folders for this user alone (0700); what is there keeps its mode.

        Raises TransientError (DATA_UNWRITABLE).
        """
        if isinstance(self.root, Path):
            with files.disk_errors(files.MAKING_FOLDERS):
                for name in ("", "snapshots", "documents", "index", "runs", "qdrant"):
                    (self.root / name).mkdir(mode=0o700, parents=True, exist_ok=True)

    def tidy(self) -> None:
        """Remove what killed runs left half-written, where perhaps nobody will write again."""
        if isinstance(self.root, Path):
            for name, pattern in (
                *(("runs", "*/.*"), ("snapshots", ".*"), ("snapshots", "parts/.*")),
                *(("index", ".*"), ("index", "*/published/.*")),
            ):
                leftovers.remove_leftovers(self.root / name, pattern)
            with contextlib.suppress(OSError):  # a disk that takes no more is noticed where it matters
                leftovers.remove_recent_leftovers(self.root / "documents", self.root / "runs" / "last-tidied")

    @property
    def snapshots(self) -> FilePath:
        return self.root / "snapshots"

    @property
    def latest_snapshot(self) -> FilePath:
        return self.snapshots / "latest"

    def snapshot(self, commit: str, fingerprint: str) -> FilePath:
        """The listing of a commit, made with the settings of the source that `fingerprint` stands for."""
        return self.snapshots / f"{commit}-{fingerprint}.json"

    @property
    def snapshot_parts(self) -> FilePath:
        """Folder of the parts of very long listings."""
        return self.snapshots / "parts"

    @functools.lru_cache(maxsize=4096)  # noqa: B019 - asked many times for each document of a shard
    def document(self, blob_sha: str) -> FilePath:
        """Folder of all that is derived from one content; documents of equal content share it."""
        return self.root / "documents" / blob_sha[:2] / blob_sha

    def lacking(self, listing: str) -> FilePath:
        """Note that documents were taken out of a listing since it was made."""
        return self.snapshots / f"{listing}.lacking"

    def source(self, blob_sha: str, extension: str) -> FilePath:
        """The document's bytes, as they were fetched and verified."""
        return self.document(blob_sha) / f"source.{extension}"

    def converted(self, blob_sha: str, fingerprint: str) -> FilePath:
        """The converted document, as Docling's JSON."""
        return self.document(blob_sha) / f"document-{fingerprint}.json"

    def conversion(self, blob_sha: str, fingerprint: str) -> FilePath:
        """How it was converted (`Conversion`)."""
        return self.document(blob_sha) / f"conversion-{fingerprint}.json"

    def chunks(self, blob_sha: str, fingerprint: str) -> FilePath:
        """The document's chunks (`ChunkedDocument`)."""
        return self.document(blob_sha) / f"chunks-{fingerprint}.json"

    def embeddings(self, blob_sha: str, fingerprint: str) -> FilePath:
        """Unit vectors, (chunks, dimension) float32, as NumPy writes them."""
        return self.document(blob_sha) / f"embeddings-{fingerprint}.npy"

    def terms(self, blob_sha: str, fingerprint: str) -> FilePath:
        """The words of each chunk with their weights (`ChunkTerms`)."""
        return self.document(blob_sha) / f"terms-{fingerprint}.json"

    def failure(self, blob_sha: str, fingerprint: str) -> FilePath:
        """Why a stage failed on this content (`Failure`); `fingerprint` is of that stage."""
        return self.document(blob_sha) / f"failure-{fingerprint}.json"

    @functools.cache  # noqa: B019 - one collection a run
    def index(self, collection: str) -> FilePath:
        """Folder of what is known of a collection."""
        return self.root / "index" / collection

    def receipt(self, collection: str, document_id: str, content_version: str) -> FilePath:
        """Proof that this version of a document is stored in the collection (`Receipt`)."""
        return self.index(collection) / document_id[:2] / document_id[2:4] / f"{document_id}-{content_version}.json"

    def shard(self, collection: str, index: int, count: int) -> FilePath:
        """Manifest of a finished shard (`ShardManifest`); `index` counts from 0."""
        return self.index(collection) / "shards" / f"{index:05d}-of-{count:05d}.json"

    def digests(self, collection: str) -> FilePath:
        """What the shards of a very long listing must hold, remembered from one run to the next."""
        return self.index(collection) / "digests.json"

    def published(self, alias: str) -> FilePath:
        """What readers of the alias are given (`Published`)."""
        return self.root / "index" / f"{alias}.json"

    def published_parts(self, collection: str) -> FilePath:
        """Folder of the parts of what `published` and `superseded` say of very many documents."""
        return self.index(collection) / "published"

    def superseded(self, collection: str) -> FilePath:
        """What `published` said of a collection when another took its place."""
        return self.index(collection) / "published.json"

    def rolled_back(self, alias: str) -> FilePath:
        """Which rollbacks of the alias are active."""
        return self.root / "index" / f"{alias}.rolled-back"

    @property
    def purges(self) -> FilePath:
        """What was purged: the one file that cannot be derived again."""
        return self.root / "purged.json"

    @property
    def runs(self) -> FilePath:
        return self.root / "runs"

    @property
    def last_success(self) -> Path:
        """Note of this machine's last run that ended well, beside the folders of the runs' logs."""
        return self.run("last-success.json")

    @property
    def last_collection(self) -> Path:
        """Note of what was removed last and what nothing needed then, beside that of the last success."""
        return self.run("last-collection.json")

    def summary(self, run_id: str) -> FilePath:
        """What the run did (`Summary`); a run that was killed has none."""
        return self.runs / run_id / "summary.json"

    def report(self, run_id: str) -> FilePath:
        """The run's report, one page of HTML."""
        return self.runs / run_id / "report.html"

    def readers(self, alias: str) -> Path:
        """Copies of the local collection that readers of the alias open. Raises ValueError for an object store."""
        return self.qdrant.with_name("readers") / alias

    def changing(self, alias: str) -> FilePath:
        """Holds the id of the run that has begun to change the collection; gone once that is published."""
        return self.root / "index" / f"{alias}.changing"

    def run(self, run_id: str) -> Path:
        """Folder of a run's log: on this machine, because an object store cannot append."""
        return self.local_runs / run_id

    @property
    def local_runs(self) -> Path:
        """Folder of the logs of all runs on this machine."""
        root = self.root if isinstance(self.root, Path) else platformdirs.user_state_path(_APPLICATION)
        return root / "runs"

    @property
    def luigid_state(self) -> Path:
        """What luigid remembers between two starts: a pickle, so it is this user's alone."""
        return self.local_runs.with_name("luigid-state.pickle")

    @property
    def models(self) -> Path:
        """Unpacked models; workers on other machines expand `~` to a cache of their own."""
        return self.root / "models" if isinstance(self.root, Path) else Path("~/.cache", _APPLICATION, "models")

    @property
    def tokens(self) -> FilePath:
        """Folder of what may open the service, a file each."""
        return self.root / "tokens"

    @property
    def qdrant(self) -> Path:
        """Files of Qdrant's local mode. Raises ValueError for an object store, which cannot hold them."""
        if not isinstance(self.root, Path):
            raise ValueError("local mode needs a folder")
        return self.root / "qdrant"


def lfs_oid(source: FilePath) -> FilePath:
    """Beside a source that Git LFS keeps: the SHA-256 of its content, for which git's own hash says nothing."""
    return source.with_name("lfs-oid")
