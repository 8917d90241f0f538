"""What a run leaves behind besides the documents' own files: receipts, manifests, what is published, the summary."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ConfigDict, Field, JsonValue, NonNegativeInt

from pipeline.run.findings import Findings
from pipeline.schema import Record, Timestamp


class StoredVersion(Findings):
    """What a document must look like in the collection: points 0 … chunk_count - 1, all of this content version."""

    content_version: str
    chunk_count: NonNegativeInt
    proof: str = Field("", description="what proves each of the points; of the receipt")


class Receipt(Findings):
    """What was stored for a document."""

    document_id: str
    path: str
    content_version: str
    collection: str
    chunk_count: NonNegativeInt
    proof: str = Field("", description="what proves each point, slot by slot: base64 of 24 bytes each")

    @property
    def version(self) -> StoredVersion:
        return StoredVersion(
            content_version=self.content_version,
            chunk_count=self.chunk_count,
            warnings=self.warnings,
            gaps=self.gaps,
            left_out=self.left_out,
            proof=self.proof,
        )


class ShardState(Record):
    """The head of a shard's manifest: all that is needed to know whether it is complete, and quick to read."""

    model_config = ConfigDict(extra="ignore")

    digest: str
    run_id: str | None = Field(None, description="set while documents failed in that run: complete for that run only")
    quarantined: tuple[str, ...] = Field((), description="failure files it rests on: complete while they are there")


class ShardManifest(ShardState):
    """Content of a shard's target: `digest` names what it must hold, `documents` what it does hold."""

    model_config = ConfigDict(extra="forbid")

    documents: dict[str, StoredVersion] = Field(
        description="document id -> what is stored; quarantined ones are absent"
    )


class Published(Record):
    """What the alias points at: written last, when the collection was proven equal to the snapshot."""

    commit: str
    collection: str
    fingerprint: str = Field(description="of all settings that decide the collection's content")
    points: NonNegativeInt
    quarantined: tuple[str, ...] = Field((), description="failure files it rests on: in step while they are there")
    previous: str | None = Field(None, description="the collection that readers saw before this one")
    documents: Mapping[str, StoredVersion] = Field(description="by document id; of very many part by part")
    kept_by_server: dict[str, JsonValue] = Field({}, description="settings that the server keeps the collection by")


class Rollback(Record):
    """Readers were given `to` again in the place of `collection`, which no run publishes until that is undone."""

    collection: str
    to: str
    time: Timestamp


class Rollbacks(Record):
    """The active ones, latest last."""

    steps: tuple[Rollback, ...] = ()


class Success(Record):
    """The last time that the collection was in step; a run that finds nothing to do renews it."""

    time: Timestamp
    commit: str
    documents: NonNegativeInt
    points: NonNegativeInt
    quarantined: NonNegativeInt
    incomplete: NonNegativeInt = Field(0, description="documents in the collection of which text is missing")
    part: NonNegativeInt = Field(0, description="which part of a server's points the last run with work compared")
