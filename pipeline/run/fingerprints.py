"""Names for results: a fingerprint says what went into a stage and how it was done, so equal names mean equal files.

What decides a stage's output is declared beside its code, in its `spec.py`.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from pipeline import embedding_models, sparse
from pipeline.chunk import spec as chunk
from pipeline.convert import spec as convert
from pipeline.embed import spec as embed
from pipeline.schema import Document, Stage
from pipeline.settings.declaration import Role
from pipeline.settings.sections import Settings, settings_of
from pipeline.sources import spec as sources
from pipeline.store import spec as store

SPECS = {
    Stage.FETCH: sources.SPEC,
    Stage.CONVERT: convert.SPEC,
    Stage.CHUNK: chunk.SPEC,
    Stage.EMBED: embed.SPEC,
    Stage.STORE: store.SPEC,
}
_REMEMBERED = 2_000  # documents, with what decides what is stored for them
_CANONICAL = json.JSONEncoder(sort_keys=True, ensure_ascii=False, default=str)


def digest(*parts: Any) -> str:
    """First 12 hex digits of the SHA-256 of the parts' canonical JSON (48 bits: names in one folder, not secrets)."""
    return hashlib.sha256(_CANONICAL.encode(parts).encode()).hexdigest()[:12]


@functools.cache
def versions(stage: Stage) -> Mapping[str, str]:
    """Installed versions of the libraries whose code decides what a stage gives."""
    return {library: version(library) for library in SPECS[stage].libraries}


class Fingerprints:
    """The fingerprints that follow from one set of settings."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._stages: dict[tuple[Stage, str], str] = {}
        self._content_versions: dict[str, tuple[Document, str]] = {}

    @functools.cached_property
    def model(self) -> str:
        """Identity of the embedding model, without loading it: on every machine the same."""
        return embedding_models.identity(self.settings.embedding)

    @functools.cached_property
    def collection(self) -> str:
        """Name of the collection behind the alias: one for each embedding model, way of chunking and of finding terms.

        What changes many points at once goes to a collection of its own, so that readers see the old one until the
        new one is whole.
        """
        chunking = chunk.SPEC.version, self.settings.chunking.model_dump()
        return f"{self.settings.qdrant.collection_name}__{digest(self.model, chunking, sparse.identity())}"

    @functools.cached_property
    def snapshot(self) -> str:
        """What a listing depends on besides the commit."""
        return digest(
            sources.SNAPSHOT_VERSION, self.settings.source.model_dump(mode="json"), self.settings.gitlab.model_dump()
        )

    def stage(self, stage: Stage, extension: str) -> str:
        """Fingerprint of one stage's output for documents of one format (the extension decides how to convert)."""
        key = stage, extension
        if key not in self._stages:
            upstream = self._upstream(stage, extension)
            self._stages[key] = digest(stage, SPECS[stage].version, upstream, self._inputs(stage))
        return self._stages[key]

    def terms(self, extension: str) -> str:
        """Fingerprint of the term weights that stand beside the vectors."""
        return digest("terms", self.stage(Stage.CHUNK, extension), sparse.identity())

    def failure(self, stage: Stage, extension: str) -> str:
        """Fingerprint of a stage's failure: under other limits a document that was refused is tried again."""
        return digest(self.stage(stage, extension), self.limits)

    @functools.cached_property
    def limits(self) -> str:
        """Of all settings that decide only whether a document is refused."""
        return digest(self.settings.model_dump(mode="json", include=settings_of(Role.LIMIT)))

    def _upstream(self, stage: Stage, extension: str) -> str:
        if stage in (Stage.FETCH, Stage.CONVERT):
            return extension
        order = list(Stage)
        return self.stage(order[order.index(stage) - 1], extension)

    def _inputs(self, stage: Stage) -> Any:
        inputs = SPECS[stage].inputs(self.settings, versions(stage))
        return (inputs, self.collection) if stage is Stage.STORE else inputs  # terms are part of the collection's name

    def content_version(self, document: Document) -> str:
        """Everything that decides what is stored for a document: content, how it was made, and the source's facts."""
        known = self._content_versions.get(document.document_id)
        if known is None or known[0] is not document:
            if len(self._content_versions) >= _REMEMBERED:
                self._content_versions.clear()
            version = digest(
                self.stage(Stage.STORE, document.extension), document.model_dump(mode="json", exclude={"warnings"})
            )
            known = self._content_versions[document.document_id] = document, version
        return known[1]

    @functools.cached_property
    def all(self) -> str:
        """Changes when anything that decides the collection's content changes."""
        return digest(self.snapshot, self.stage(Stage.STORE, ""), self.collection, self.limits)
