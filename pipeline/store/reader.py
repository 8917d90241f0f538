"""One collection as its readers see it: nothing here writes, and with a client that cannot write nothing could.

Importing it loads the Qdrant library. What changes a collection is in `pipeline.store.collection`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qdrant_client import QdrantClient, models

from pipeline import sparse
from pipeline.embedding_models import identity
from pipeline.errors import ErrorCode, TransientError
from pipeline.schema import Method, point_id
from pipeline.settings.sections import Settings
from pipeline.store import server_settings
from pipeline.store.conditions import build_condition
from pipeline.store.connection import connect_reader
from pipeline.store.filters import EVERYTHING, Filters
from pipeline.store.points import Terms, Vectors
from pipeline.store.queries import request
from pipeline.store.read_only import unwrapped
from pipeline.store.requests import call

_RETRIEVED_POINTS = 4096
_QUERY_VECTORS = 64
_MOST_VALUES = 100_000


def made_with(settings: Settings) -> dict[str, str]:
    """What questions must share with a collection to be put to it; it is kept as the collection's metadata."""
    return {"embedding_model": identity(settings.embedding), "analysis": sparse.identity()}


def open_published(settings: Settings) -> Reader | None:
    """The collection that readers of the alias see now, to be read alone; None when nothing is published.

    Raises ConfigurationError for invalid settings, TransientError when it cannot be opened.
    """
    client = connect_reader(settings)
    if client is None:
        return None
    collection = Reader(settings, "", client).published_collection()
    return None if collection is None else Reader(settings, collection, client, is_copy=not settings.qdrant.url)


class Reader:
    """One collection. Every method raises what `pipeline.store.requests.call` raises."""

    def __init__(self, settings: Settings, collection: str, client: QdrantClient, *, is_copy: bool = False) -> None:
        """`is_copy`: of local files, which nobody changes any more."""
        self.collection = collection
        self._settings = settings
        self._client = client
        self.is_local = not settings.qdrant.url
        self._known: dict[str, list[str]] | None = {} if is_copy else None

    def is_same(self, other: Reader) -> bool:
        """Whether both read the same collection, of local files also as it was at the same time."""
        return self.collection == other.collection and unwrapped(self._client) is unwrapped(other._client)

    def exists(self) -> bool:
        """Whether the store has this collection."""
        return call(self._client.collection_exists, self.collection)

    def made_with(self) -> dict[str, str]:
        """What it was made with, as `made_with` named it then; empty when there is no collection."""
        info = self._info()
        metadata = (info.config.metadata or {}) if info else {}
        return {name: str(value) for name, value in metadata.items() if name in made_with(self._settings)}

    def _info(self) -> models.CollectionInfo | None:
        try:
            return call(self._client.get_collection, self.collection)
        except TransientError as error:
            if error.code is ErrorCode.STORE_MISMATCH:
                return None
            raise

    def count(self) -> int:
        """How many points there are, exactly; 0 when there is no collection."""
        return call(self._client.count, self.collection, exact=True).count if self.exists() else 0

    def query(  # noqa: PLR0913 - a question has as many parts
        self,
        vectors: Vectors,
        terms: Sequence[Terms],
        top_k: int,
        fields: list[str],
        method: Method = Method.HYBRID,
        *,
        filters: Filters = EVERYTHING,
    ) -> list[list[tuple[float, dict[str, Any]]]]:
        """For each row of `vectors` and its terms the `top_k` best points, best first: score, payload fields."""
        condition = build_condition(filters, self._settings.source.target_folder, self._values)
        answers: list[models.QueryResponse] = []
        params = None if self.is_local else server_settings.search_params(self._settings.qdrant)
        for start in range(0, len(vectors), _QUERY_VECTORS):
            some = slice(start, start + _QUERY_VECTORS)
            requests = [
                request(method, vector, weights, top_k, fields, condition=condition, params=params)
                for vector, weights in zip(vectors[some], terms[some], strict=True)
            ]
            answers += call(self._client.query_batch_points, self.collection, requests)
        return [[(point.score, point.payload or {}) for point in answer.points] for answer in answers]

    def slots(self, document_slots: Sequence[tuple[str, int]], fields: list[str]) -> dict[str, dict[str, Any]]:
        """Point id -> payload fields of the chunks at these (document id, chunk index), as far as there are such."""
        ids: list[models.ExtendedPointId] = sorted({point_id(document, slot) for document, slot in document_slots})
        found: list[models.Record] = []
        for start in range(0, len(ids), _RETRIEVED_POINTS):
            some = ids[start : start + _RETRIEVED_POINTS]
            found += call(self._client.retrieve, self.collection, some, with_payload=fields)
        return {str(record.id): record.payload or {} for record in found}

    def _values(self, field: str, within: models.Filter | None) -> list[str]:
        """The different values of an indexed keyword field."""
        if within is None and self._known is not None and field in self._known:
            return self._known[field]  # local mode counts them in Python, 20 us a point
        answer = call(self._client.facet, self.collection, field, facet_filter=within, limit=_MOST_VALUES)
        found = [str(hit.value) for hit in answer.hits]
        if within is None and self._known is not None:
            self._known[field] = found
        return found

    def published_collection(self) -> str | None:
        """The collection that readers of the alias see now."""
        aliases = call(self._client.get_aliases).aliases
        alias = self._settings.qdrant.collection_name
        return next((found.collection_name for found in aliases if found.alias_name == alias), None)
