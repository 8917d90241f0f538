"""Makes what the shards of very many stored documents leave behind, without the hours that storing them takes.

Listing, manifests and the table of what is stored are all there is, and the receipts of one shard: a run has nothing
left to do but to plan, prove and publish, and can take up one changed document.
"""

from __future__ import annotations

from typing import Protocol

from pipeline.datadir import files
from pipeline.flow import shards
from pipeline.run.current import Run
from pipeline.run.records import Receipt, StoredVersion
from pipeline.schema import Document


class Table(Protocol):
    def replace(self, document_id: str, version: str) -> None: ...


def fill(run: Run, store: Table, proof: str, opened: int) -> None:
    """`opened`: the number of a document, in the listing's order, whose shard gets receipts."""
    commit = run.source.head()
    snapshot = run.source.snapshot(commit)
    run.listings.keep(snapshot)
    count = shards.count(snapshot, run.settings.pipeline.shard_size)
    chosen = snapshot.documents[opened].document_id
    for index in shards.order(count):
        documents = shards.documents(run, commit, index, count)
        run.refresh(documents)  # and forget what was looked up for others, as a run does
        stored = {each.document_id: _stored(run, each, proof) for each in documents}
        path = run.data.shard(run.fingerprints.collection, index, count)
        files.write_json(path, shards.manifest(run, documents, stored))
        for key, version in stored.items():
            store.replace(key, version.content_version)
        if chosen in stored:
            _write_receipts(run, documents, stored)


def _stored(run: Run, document: Document, proof: str) -> StoredVersion:
    return StoredVersion(content_version=run.fingerprints.content_version(document), chunk_count=1, proof=proof)


def _write_receipts(run: Run, documents: list[Document], stored: dict[str, StoredVersion]) -> None:
    for document in documents:
        version = stored[document.document_id]
        receipt = Receipt(
            document_id=document.document_id,
            path=document.path,
            collection=run.fingerprints.collection,
            **dict(version),
        )
        files.write_json(run.files_of(document).receipt, receipt)
