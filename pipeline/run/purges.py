"""What was purged from the data directory, and is not taken in again until somebody releases it.

The list names documents and contents by ids and hashes alone. Paths stand in it only until all is erased, so that
whoever is killed meanwhile can be followed by another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import cached_property

from pydantic import Field, NonNegativeInt

from pipeline.datadir import files, in_use
from pipeline.datadir.files import FilePath
from pipeline.datadir.paths import DataDir
from pipeline.errors import ConfigurationError, DamagedFileError, ErrorCode
from pipeline.schema import Document, Failure, Record, Stage, Timestamp

_REASON = "It was purged: delete it from the folder, or `nic purge --release` it."


class Unfinished(Record):
    """What must be known to erase; gone when all is erased."""

    paths: tuple[str, ...] = Field((), description="of the documents, whose mention is erased everywhere")
    other_paths: tuple[str, ...] = Field((), description="that ever had one of the contents; erased from runs")
    shared: tuple[str, ...] = Field((), description="that have one of the contents now, and keep it")
    whole: tuple[str, ...] = Field((), description="ids of the documents of which every point goes")
    suspects: tuple[str, ...] = Field((), description="ids of the documents that ever had one of the contents")
    hashes: tuple[str, ...] = Field((), description="SHA-256 of the contents, as points name them")


class Purge(Record):
    """One request, and what it removed."""

    time: Timestamp
    documents: tuple[str, ...] = Field((), description="ids of documents that are refused, whatever they hold")
    contents: tuple[str, ...] = Field((), description="git hashes of contents that are refused, whatever their path")
    removed: dict[str, NonNegativeInt] = Field(default_factory=dict, description="points, files … -> how many")
    unfinished: Unfinished | None = None
    released: Timestamp | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """What it may have been asked for by; of paths only as long as it is unfinished."""
        return (*self.contents, *(self.unfinished.paths if self.unfinished else ()))

    def is_about(self, key: str) -> bool:
        """Whether a document's id or a content's hash is in it."""
        return key in self.documents or key in self.contents


class Purges(Record):
    """Content of purged.json, oldest first."""

    purges: tuple[Purge, ...] = ()

    @cached_property
    def _held(self) -> dict[str, Purge]:
        """By document id and content; asked for every document, several times."""
        active = [purge for purge in self.purges if not purge.released]
        return {key: purge for purge in reversed(active) for key in (*purge.documents, *purge.contents)}

    @property
    def are_none(self) -> bool:
        return not self._held

    def of(self, document: Document) -> Purge | None:
        """The purge that keeps a document out."""
        return self._held.get(document.document_id) or self._held.get(document.blob_sha)

    def holds(self, key: str) -> bool:
        """Whether a document's id or a content's hash is kept out."""
        return key in self._held

    @property
    def unfinished(self) -> tuple[Purge, ...]:
        return tuple(purge for purge in self.purges if purge.unfinished)

    def refusal(self, document: Document) -> Failure | None:
        """Why a document is not taken in; None when it was not purged."""
        purge = self.of(document)
        if purge is None:
            return None
        return Failure(
            stage=Stage.FETCH, code=ErrorCode.PURGED, message=_REASON, permanent=True, run_id="", time=purge.time
        )

    def evidence(self, document: Document) -> str:
        """What a quarantine for a purge rests on, as `<id or hash>/purged`."""
        held = document.document_id if self.holds(document.document_id) else document.blob_sha
        return f"{held}/{EVIDENCE}"

    def name_of(self, document: Document) -> str:
        """By what its purge is released: its path, or the hash of its content."""
        return document.path if self.holds(document.document_id) else document.blob_sha


EVIDENCE = "purged"


def read_purges(path: FilePath) -> Purges:
    """Raises ConfigurationError when nobody can tell what was purged."""
    try:
        return files.read_model(path, Purges) if files.exists(path) else Purges()
    except DamagedFileError:
        raise ConfigurationError(
            f"the file {path.name} of the data directory is damaged, so that nobody can tell what was purged: restore "
            "it from a backup, or delete it and purge again what must not return",
            ErrorCode.DAMAGED,
        ) from None


def ask(data: DataDir, purges: Iterable[Purge]) -> None:
    """Add requests to the list, all or none."""
    with in_use.editing(data):
        files.write_json(data.purges, Purges(purges=(*read_purges(data.purges).purges, *purges)))


def change(data: DataDir, changed: Callable[[Purge], Purge]) -> None:
    """Put what becomes of each purge in its place."""
    with in_use.editing(data):
        files.write_json(data.purges, Purges(purges=tuple(map(changed, read_purges(data.purges).purges))))


def now() -> datetime:
    """To the second: a purge is told by what it is about."""
    return datetime.now(UTC).replace(microsecond=0)
