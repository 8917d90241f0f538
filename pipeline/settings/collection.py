"""The sections about the collection: where and how it is kept, how it is searched, what a new one must answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pipeline.settings.declaration import Role, Section, limit, operation, server, setting


class QdrantSettings(Section):
    """The key is read from the environment variable QDRANT_API_KEY. What is marked (server only) does nothing in
    local mode, which compares every vector in memory; docs/qdrant.md has effect, memory and advice. The next run
    changes the collection in place."""

    url: str = setting(
        "",
        "address of the Qdrant server; empty: local mode in the data dir",
        env="QDRANT_URL",
        example="https://qdrant.example.org:6333",
    )
    collection_name: str = setting("nic", "alias that readers use", env="QDRANT_COLLECTION", pattern=r"^[\w.-]{1,100}$")
    ca_file: Path | None = operation(None, "PEM file of a private certificate authority", env="QDRANT_CA_FILE")
    timeout_s: float = operation(30, "seconds a request may take", gt=0)
    batch_points: int = operation(256, "points of one upsert", ge=1, le=1000)
    optimize_collection: bool = setting(True, "build the vector index after a load (server only)")
    keep_collections: int = operation(
        1,
        "collections kept that were published before the present one",
        "for `nic rollback`; older ones are removed",
        ge=0,
    )
    hnsw_m: int = server(
        16,
        "links of a point in the vector index (server only)",
        "more find more, take memory and time to build",
        ge=2,
        le=128,
    )
    hnsw_ef_construct: int = server(
        200, "candidates looked at for a point's links when the index is built (server only)", ge=4, le=4096
    )
    search_ef: int = operation(
        256,
        "candidates that a search follows in the index (server only)",
        "no fewer than the 100 that are fused with those of the words",
        ge=1,
        le=10_000,
    )
    quantization: Literal["none", "scalar", "binary"] = server(
        "scalar",
        "how small the vectors are that a search compares first (server only)",
        "they are in memory: scalar takes a byte a number, binary a bit, none all four bytes (then set "
        "vectors_on_disk = false)",
    )
    oversampling: float = operation(
        2.0,
        "times as many hits are compared again with the full vectors (server only)",
        "of a search for 100 points, 200 are; for binary rather 4",
        ge=1,
        le=100,
    )
    vectors_on_disk: bool = server(
        True,
        "full vectors are read from disk, not held in memory (server only)",
        "what of them is asked for often is read from the machine's free memory",
    )
    payload_on_disk: bool = server(
        True,
        "payloads are read from disk, not held in memory (server only)",
        "texts included; filters use indexes in memory",
    )
    sparse_on_disk: bool = server(False, "the index of words is read from disk (server only)")

    @property
    def kept_by_server(self) -> dict[str, Any]:
        """What a server's collection is made with and changed to in place; empty for local mode, which ignores it."""
        return self.model_dump(mode="json", include=self.of_role(Role.SERVER)) if self.url else {}


class SearchSettings(Section):
    reranker: str = operation(
        "",
        "cross-encoder that orders the best hits anew, hub name or local folder; empty: none",
        "it reads question and hit together; slow without a GPU",
    )
    rerank_candidates: int = operation(50, "hits that it is given", ge=1, le=1000)


class QualitySettings(Section):
    questions: Path | None = operation(
        None,
        "JSON file of questions that a new collection must answer; unset: none",
        "it names the documents that answer them (docs/retrieval.md); they are asked before the alias moves to a new "
        "collection",
    )
    min_hit_at_5: float = operation(
        0.9,
        "share of them that must find their document among five",
        "with fewer the run fails and readers keep what they have",
        ge=0,
        le=1,
    )
    min_text_coverage: float = limit(
        0.0,
        "a document of whose words a smaller share was extracted is quarantined; 0: none is",
        "0.98: when more than 2 in 100 words are missing. What is missing is reported in any case; `nic coverage` says "
        "what a value would keep out",
        ge=0,
        le=1,
    )
