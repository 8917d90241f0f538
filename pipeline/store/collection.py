"""The Qdrant collection: holds exactly the chunks of the snapshot's documents, and proves it.

It builds no payloads (`pipeline.store.payload`) and opens no connection (`pipeline.store.connection`). Importing it
loads the Qdrant library: only what is about to use the store imports it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import count

from qdrant_client import models

from pipeline.errors import ConfigurationError, ErrorCode, PermanentError, TransientError
from pipeline.schema import point_id
from pipeline.settings.retries import NoAnswerError
from pipeline.settings.sections import Settings
from pipeline.store import local_copy, local_files, server_settings
from pipeline.store.connection import connect, disconnect
from pipeline.store.contents import DOCUMENTS_A_FILTER, Contents, theirs
from pipeline.store.differences import PointProof
from pipeline.store.nic_schema import Payload
from pipeline.store.points import INDEXES, SPARSE_VECTOR, VECTOR, Terms, Vectors, point_batches, proofs
from pipeline.store.reader import made_with
from pipeline.store.requests import call

_INDEXING_THRESHOLD_KB = 10_000  # the server's default
_PROBED_SLOTS = 64


def open_store(settings: Settings, collection: str) -> Store:
    """The store of one collection; all stores of a process share one connection.

    Raises ConfigurationError for invalid settings, TransientError while another process has the local files.
    """
    return Store(settings, collection)


class Store(Contents):
    """One collection, to be read and changed. Every method raises what `pipeline.store.requests.call` raises."""

    def __init__(self, settings: Settings, collection: str) -> None:
        super().__init__(settings, collection, connect(settings))

    def close(self) -> None:
        """Close the connection of this process: its other stores end too."""
        disconnect(self._settings)

    # -- the collection ------------------------------------------------------------------------------------------

    def ensure_collection(self, dimension: int) -> None:
        """Make the collection for vectors of this length, with payload indexes, unless it is there.

        Raises ConfigurationError when it holds vectors of another kind.
        """
        info = self._info() or self._create(dimension)
        vectors = info.config.params.vectors
        found = vectors.get(VECTOR) if isinstance(vectors, dict) else None
        if found is None or found.size != dimension or SPARSE_VECTOR not in (info.config.params.sparse_vectors or {}):
            raise ConfigurationError(
                f"collection {self.collection!r} does not hold {dimension}-dimensional vectors named {VECTOR!r} and "
                f"sparse ones named {SPARSE_VECTOR!r}: delete it or set another QDRANT_COLLECTION"
            )
        for field, kind in INDEXES.items():
            if field not in info.payload_schema and not self.is_local:  # local mode has none
                call(self._client.create_payload_index, self.collection, field, field_schema=kind)

    def _status(self) -> models.CollectionStatus:
        return call(self._client.get_collection, self.collection).status

    def _create(self, dimension: int) -> models.CollectionInfo:
        bulk_load = self._settings.qdrant.optimize_collection and not self.is_local
        try:
            call(
                self._client.create_collection,
                self.collection,
                **server_settings.creation(self._settings.qdrant, dimension),
                optimizers_config=models.OptimizersConfigDiff(indexing_threshold=0) if bulk_load else None,
                metadata={**made_with(self._settings), "schema": "NIC Schema v1"},
            )
        except PermanentError:
            if not self.exists():  # else another process, or this request before its answer was lost, was first
                raise
        if self.is_local:
            local_files.speed_up_writes(self._settings, self.collection)
        return call(self._client.get_collection, self.collection)

    def optimise(self, timeout_s: float = 3600) -> None:
        """Bring the collection to what [qdrant] says now, build the index that a bulk load put off, and wait for it.

        A server's business only. Raises TransientError when it fails or takes longer; searches work meanwhile, only
        slower. One request for all: a second one would wait for what the first has begun.
        """
        if self.is_local:
            return
        config = call(self._client.get_collection, self.collection).config
        changes = server_settings.changes(self._settings.qdrant, config)
        if self._settings.qdrant.optimize_collection:
            changes["optimizers_config"] = models.OptimizersConfigDiff(indexing_threshold=_INDEXING_THRESHOLD_KB)
        if changes:
            call(self._client.update_collection, self.collection, **changes)
        if self._settings.qdrant.optimize_collection:
            self._wait_for_index(timeout_s)

    def _wait_for_index(self, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        while (status := self._status()) is models.CollectionStatus.YELLOW and time.monotonic() < deadline:
            time.sleep(1)
        if status not in (models.CollectionStatus.GREEN, models.CollectionStatus.GREY):  # grey: not triggered
            raise TransientError(
                f"Qdrant has not optimised the collection (status {status}): see the server's log, then run again",
                ErrorCode.STORE_UNREACHABLE,
            )

    # -- writing -------------------------------------------------------------------------------------------------

    def replace_document(
        self, document_id: str, payloads: Sequence[Payload], vectors: Vectors, terms: Sequence[Terms]
    ) -> None:
        """Make the document's points exactly these. `vectors` is float32 of shape (len(payloads), dimension).

        Slots are overwritten in place and leftover slots deleted in the last request, so a reader never sees the
        document missing, and a document of one request (16 MB) never in part; doing it again is harmless.
        """
        pending: list[models.PointStruct] = []
        for batch in point_batches(document_id, payloads, vectors, terms):
            if pending:
                self._write(pending)
            pending = batch
        self._write(pending, self._delete_leftovers(document_id, len(payloads)))

    @staticmethod
    def proofs_of(payloads: Sequence[Payload], vectors: Vectors, terms: Sequence[Terms]) -> tuple[PointProof, ...]:
        """What `replace_document` writes, proven slot by slot."""
        return proofs(payloads, vectors, terms)

    def delete_documents(self, document_ids: Sequence[str]) -> None:
        """Delete all points of these documents; those that are not there do not matter."""
        for start in range(0, len(document_ids), DOCUMENTS_A_FILTER):
            some = theirs(document_ids[start : start + DOCUMENTS_A_FILTER])
            self._update([models.DeleteOperation(delete=models.FilterSelector(filter=some))])

    def delete_points(self, points: Sequence[models.ExtendedPointId]) -> None:
        """Delete some points, whosever they are."""
        self._update([models.DeleteOperation(delete=models.PointIdsList(points=list(points)))])

    def _delete_leftovers(self, document_id: str, slots: int) -> list[models.DeleteOperation]:
        """What deletes every point of the document but its first `slots`."""
        if not self.is_local:
            keep = models.HasIdCondition(has_id=[point_id(document_id, slot) for slot in range(slots)])
            mine = models.FieldCondition(key="document_id", match=models.MatchValue(value=document_id))
            leftovers = models.Filter(must=[mine], must_not=[keep])
            return [models.DeleteOperation(delete=models.FilterSelector(filter=leftovers))]
        # Local mode tests a filter on every payload in Python (24 us a point), while an id costs a look into a dict.
        found: list[models.ExtendedPointId] = []
        for start in count(slots, _PROBED_SLOTS):
            ids = [point_id(document_id, slot) for slot in range(start, start + _PROBED_SLOTS)]
            present = call(self._client.retrieve, self.collection, ids, with_payload=False)
            if not present:
                break
            found += (record.id for record in present)
        # from the last one on: should the process be killed, no gap hides the rest
        return [models.DeleteOperation(delete=models.PointIdsList(points=found[::-1]))] if found else []

    def _write(self, points: list[models.PointStruct], after: Sequence[models.DeleteOperation] = ()) -> None:
        """Upsert, then delete, in one request, or in halves when a proxy or the server finds it too large."""
        size = self._settings.qdrant.batch_points
        some = (points[start : start + size] for start in range(0, len(points), size))
        upserts = [models.UpsertOperation(upsert=models.PointsList(points=each)) for each in some]
        try:
            self._update([*upserts, *after])
        except PermanentError as error:
            if error.code is not ErrorCode.TOO_LARGE or len(points) < 2:
                raise
            middle = len(points) // 2
            self._write(points[:middle])
            self._write(points[middle:], after)

    def _update(self, operations: Sequence[models.UpdateOperation]) -> None:
        if operations:
            call(self._update_once, operations)

    def _update_once(self, operations: Sequence[models.UpdateOperation]) -> None:
        results = self._client.batch_update_points(self.collection, operations, wait=True)
        if any(result.status is not models.UpdateStatus.COMPLETED for result in results):
            raise NoAnswerError("Qdrant took the points but did not finish in time", ErrorCode.STORE_UNREACHABLE)

    # -- the alias -----------------------------------------------------------------------------------------------

    def publish(self) -> str | None:
        """Point the alias here, in one step for its readers; returns where it pointed before. Readers of local files
        are given a copy of them.

        Raises ConfigurationError when a collection already has the alias' name.
        """
        alias = self._settings.qdrant.collection_name
        previous = self.published_collection()
        # not collection_exists, to which an alias exists too: another run may have made it just now
        if previous is None and alias in {each.name for each in call(self._client.get_collections).collections}:
            raise ConfigurationError(
                f"Qdrant has a collection named {alias!r}, so readers cannot be given an alias of that name: "
                "delete the collection or set another QDRANT_COLLECTION"
            )
        create = models.CreateAlias(collection_name=self.collection, alias_name=alias)
        changes: list[models.AliasOperations] = [models.CreateAliasOperation(create_alias=create)]
        if previous is not None:
            changes.insert(0, models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name=alias)))
        if previous != self.collection:
            call(self._client.update_collection_aliases, changes)
        if self.is_local:
            local_files.note_states(self._settings)
            local_copy.make(self._settings, self.collection)
        return previous
