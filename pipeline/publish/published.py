"""What the readers of the alias are given: read, switched, and what was taken back from them.

`index/<alias>.json` is written after the alias moved, and says what it was last proven to serve. What it said of a
collection that made way for another stays beside that collection's receipts, for the way back.
"""

from __future__ import annotations

import contextlib
import functools
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pipeline.datadir import files
from pipeline.datadir.files import FilePath
from pipeline.errors import ConfigurationError, DamagedFileError, ErrorCode
from pipeline.publish import published_file
from pipeline.run import quarantine
from pipeline.run.current import Run
from pipeline.run.listing_file import read_listing
from pipeline.run.records import Published, Receipt, Rollback, Rollbacks, Success
from pipeline.schema import Document
from pipeline.store.connection import is_present

if TYPE_CHECKING:
    from pipeline.store.collection import Store


def read_published(run: Run) -> Published | None:
    """What the alias was last proven to serve, whatever the settings were then."""
    path = run.data.published(run.settings.qdrant.collection_name)
    if not files.exists(path):
        return None
    try:
        return _parse_published(run, path, files.read_bytes(path))
    except DamagedFileError:
        return None  # a run proves and publishes the collection again


def published_paths(run: Run) -> set[str]:
    """Paths of the documents that readers can find, from the receipts of what is published."""
    published = read_published(run)
    if published is None:
        return set()
    versions = ((document_id, stored.content_version) for document_id, stored in published.documents.items())
    receipts = [run.data.receipt(published.collection, *version) for version in versions]
    return {files.read_model(receipt, Receipt).path for receipt in receipts if files.exists(receipt)}


def published_stamp(run: Run) -> str:
    """Changes with what `read_published` gives, and is had without reading it; empty when there is nothing."""
    return files.stamp(run.data.published(run.settings.qdrant.collection_name))


def read_superseded(run: Run, collection: str | None) -> Published | None:
    """What was proven of a collection that made way for another one."""
    if collection is None or not files.exists(path := run.data.superseded(collection)):
        return None
    try:
        return published_file.read(run.data, path)
    except DamagedFileError:
        return None


def switch(run: Run, store: Store, after: Published) -> None:
    """Give readers `after`, which `store` holds and somebody has proven.

    Killed at any instant it can be done again, and the way back to what was published before is never lost.
    """
    before = read_published(run)
    if before and before.collection != after.collection:
        published_file.write(run.data, run.data.superseded(before.collection), before)
    store.publish()
    published_file.write(run.data, run.data.published(run.settings.qdrant.collection_name), after)


def read_rollbacks(run: Run) -> tuple[Rollback, ...]:
    """The rollbacks that are active, latest last. Raises ConfigurationError when nobody can tell."""
    path = run.data.rolled_back(run.settings.qdrant.collection_name)
    try:
        return files.read_model(path, Rollbacks).steps if files.exists(path) else ()
    except DamagedFileError:
        raise ConfigurationError(
            f"the file index/{path.name} of the data directory is damaged, so that nobody can tell which rollbacks are "
            "active: delete it, and run `nic rollback` again if one was",
            ErrorCode.DAMAGED,
        ) from None


def write_rollbacks(run: Run, steps: tuple[Rollback, ...]) -> None:
    """None of them removes the file. Raises TransientError."""
    path = run.data.rolled_back(run.settings.qdrant.collection_name)
    if steps:
        files.write_json(path, Rollbacks(steps=steps))
    else:
        files.remove(path)


def rolled_back(run: Run) -> Rollback | None:
    """The rollback that keeps what these settings give from being published."""
    return next((step for step in read_rollbacks(run) if step.collection == run.fingerprints.collection), None)


def refuse_rolled_back(run: Run) -> None:
    """Raises ConfigurationError (ROLLED_BACK): what somebody took back does not return by the next scheduled run."""
    if step := rolled_back(run):
        raise ConfigurationError(
            f"{step.collection}, which these settings give, was rolled back at {step.time:%F %H:%M} UTC to {step.to}: "
            "set what was changed back or otherwise, or `nic rollback --undo`, and run again",
            ErrorCode.ROLLED_BACK,
        )


def is_published(run: Run, commit: str) -> bool:
    """True when the alias serves exactly this commit under these settings: the cheap test of a run with no work."""
    published = read_published(run)
    return (
        published is not None
        and published.commit == commit
        and published.collection == run.fingerprints.collection
        and published.fingerprint == run.fingerprints.all
        and rolled_back(run) is None
        and published.kept_by_server == run.settings.qdrant.kept_by_server
        and not files.exists(run.data.changing(run.settings.qdrant.collection_name))
        and quarantine.stands(run, published.quarantined)
        and run.listings.is_listed(commit)
        and is_present(run.settings, published.collection, published.points)
    )


def last_success(run: Run) -> Success | None:
    """What this machine's last run that ended well wrote down."""
    with contextlib.suppress(FileNotFoundError, DamagedFileError):
        return files.read_model(run.data.last_success, Success)
    return None


def note_success(run: Run, part: int | None = None) -> None:
    """Write down that the collection is in step now, for whoever watches from outside; `part` is what was compared."""
    if published := read_published(run):
        last = last_success(run)
        success = Success(
            time=datetime.now(UTC),
            commit=published.commit,
            documents=len(published.documents),
            points=published.points,
            quarantined=len(published.quarantined),
            incomplete=published_file.totals(published.documents).incomplete,
            part=(last.part if last else 0) if part is None else part,
        )
        files.write_json(run.data.last_success, success)


def published_documents(run: Run, published: Published) -> list[Document]:
    """Documents of the published snapshot; its listing may have been made under other settings."""
    found: set[Document] = set()
    for listing in run.data.snapshots.glob(f"{published.commit}-*.json"):
        with contextlib.suppress(DamagedFileError):
            documents = read_listing(run.data, listing).documents
            found.update(document for document in documents if document.document_id in published.documents)
    return list(found)


@functools.lru_cache(maxsize=1)
def _parse_published(run: Run, path: FilePath, content: bytes) -> Published:
    """A run asks several times, and with very many documents each parsing, and each look at the parts, is felt."""
    return published_file.parse(run.data, path, content)
