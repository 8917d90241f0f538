"""Stores one document in this run's collection, so that whatever interrupts it leaves no half of one unnoticed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline import embedding_models
from pipeline.datadir import files
from pipeline.embed import read_vectors
from pipeline.errors import DamagedFileError
from pipeline.flow import whole_source
from pipeline.run.current import Run
from pipeline.run.findings import findings_of
from pipeline.run.records import Receipt
from pipeline.schema import ChunkedDocument, Conversion, Document
from pipeline.sparse import ChunkTerms
from pipeline.store import payload
from pipeline.store.connection import mend_local_files
from pipeline.store.differences import as_text
from pipeline.store.local_files import DamagedFilesError

if TYPE_CHECKING:
    from pipeline.store.collection import Store

_ERASED = b"purge"  # where a run writes its id


def check_reachable(run: Run) -> None:
    """Fail before hours of work, not after: is the embedding model there, and does Qdrant answer?

    Raises ConfigurationError, TransientError.
    """
    run.data.create()
    run.data.tidy()
    try:
        open_collection(run)
    except DamagedFilesError:
        begin_changes(run)
        mend_local_files(run.settings)
        open_collection(run)


def begin_changes(run: Run) -> None:
    """Note that the collection is about to change: until it is published again, nobody takes it for what it was."""
    files.write_bytes(run.data.changing(run.settings.qdrant.collection_name), run.id.encode())


def note_erasure(run: Run) -> None:
    """Make the next run look at the whole collection, as `begin_changes` does; a run that was stopped stays noted."""
    path = run.data.changing(run.settings.qdrant.collection_name)
    if not files.exists(path):
        files.write_bytes(path, _ERASED)


def is_run_unfinished(run: Run) -> bool:
    """Whether a run is at work or was stopped, so that the collection may be ahead of what is published."""
    try:
        return files.read_bytes(run.data.changing(run.settings.qdrant.collection_name)) != _ERASED
    except FileNotFoundError:
        return False
    except DamagedFileError:
        return True


def open_collection(run: Run) -> Store:
    """This run's collection, made when it is not there. Raises TransientError, ConfigurationError."""
    store = open_store(run, run.fingerprints.collection)
    store.ensure_collection(embedding_models.describe(run.settings.embedding, run.data.models).dimension)
    return store


def open_store(run: Run, collection: str) -> Store:
    """A collection as it is. Raises TransientError, ConfigurationError."""
    from pipeline.store.collection import open_store

    return open_store(run.settings, collection)


def store_document(run: Run, store: Store, commit: str, document: Document) -> Receipt:
    """Replace the document's points and leave a receipt. Those of other versions go first, so that none can speak for
    points that are gone, whenever this is interrupted; one of this version is of a process that stores the same."""
    its = run.files_of(document)
    conversion = files.read_model(its.conversion, Conversion)
    chunked = files.read_model(its.chunks, ChunkedDocument)
    vectors = read_vectors(its.embeddings)
    terms = files.read_model(its.terms, ChunkTerms).chunks
    content_version = run.fingerprints.content_version(document)
    found = findings_of(conversion)
    points = payload.payloads(
        run.snapshot(commit),
        document,
        conversion,
        chunked,
        content_version=content_version,
        file_hash=whole_source.sha256(its.source, document.blob_sha),
        collection=run.fingerprints.collection,
        vector_dimension=vectors.shape[1],
        settings=run.settings,
    )
    forget(run, document.document_id, its.receipt.name)
    store.replace_document(document.document_id, points, vectors, terms)
    receipt = Receipt(
        document_id=document.document_id,
        path=document.path,
        content_version=content_version,
        collection=run.fingerprints.collection,
        chunk_count=len(chunked.chunks),
        warnings=(*document.warnings, *payload.warnings_of(conversion)),
        gaps=found.gaps,
        left_out=found.left_out,
        proof=as_text(store.proofs_of(points, vectors, terms)),
    )
    files.write_json(its.receipt, receipt)
    return receipt


def forget(run: Run, document_id: str, kept: str = "") -> None:
    """Remove the document's receipts but for the one named `kept`."""
    folder = run.data.receipt(run.fingerprints.collection, document_id, "").parent
    for name in files.names(folder):
        if name.startswith(document_id) and name != kept:
            files.remove(folder / name)
