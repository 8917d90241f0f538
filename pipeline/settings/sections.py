"""Every setting of the pipeline, typed and documented; `pipeline.settings.load` reads the effective ones.

Secrets (`GITLAB_TOKEN`, `QDRANT_API_KEY`) are never settings: `secret` reads them where they are used.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

__version__ = "1.0.0"
USER_INFO = re.compile(r"(\w+://)[^/\s]*@")
PILLOW_MEGAPIXELS = 178  # larger images Pillow itself refuses to open

WordList = Annotated[
    tuple[str, ...], BeforeValidator(lambda value: tuple(value.split()) if isinstance(value, str) else value)
]


class Role(StrEnum):
    """What a setting is there for, and so where its value counts."""

    RESULT = "result"
    """Decides what the collection holds, or which one it is; part of `config_hash`."""
    LIMIT = "limit"
    """Decides whether a document is refused, and nothing about one that is not; part of `config_hash`."""
    SERVER = "server"
    """How a Qdrant server keeps the points, not what they are."""
    OPERATION = "operation"
    """Where files lie, how the work is spread, whether a run may go on, how the collection is searched."""


def setting(default: Any, description: str, env: str | None = None, role: Role = Role.RESULT, **limits: Any) -> Any:
    """A field of a section; `env` names the environment variable that wins over luigi.cfg."""
    extra: dict[str, Any] = {"role": role, **({"env": env} if env else {})}
    return Field(default, description=description, json_schema_extra=extra, **limits)


limit = functools.partial(setting, role=Role.LIMIT)
server = functools.partial(setting, role=Role.SERVER)
operation = functools.partial(setting, role=Role.OPERATION)


class Section(BaseModel):
    """One section of luigi.cfg, as plain immutable data that any process can be given."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    @classmethod
    def of_role(cls, *roles: Role) -> set[str]:
        """Names of the settings of these roles."""
        extras = {name: info.json_schema_extra for name, info in cls.model_fields.items()}
        return {name for name, extra in extras.items() if isinstance(extra, dict) and extra["role"] in roles}


class PipelineSettings(Section):
    data_dir: Annotated[str, BeforeValidator(str)] = operation(
        "data", "folder of everything derived, or s3://bucket/prefix", env="NIC_DATA_DIR"
    )
    environment: Literal["development", "staging", "production"] = operation(
        "development", "which environment this is", env="NIC_ENVIRONMENT"
    )
    organization: str = setting("NIC", "organization stored with every chunk")
    max_concurrent_documents: int = operation(
        0, "documents worked on at once; 0: as many as cores and memory allow", ge=0
    )
    max_delete_fraction: float = operation(
        0.3, "refuse a snapshot that drops more than this share of the published documents", ge=0, le=1
    )
    allow_mass_delete: bool = operation(False, "let one run exceed max_delete_fraction", env="NIC_ALLOW_MASS_DELETE")
    metrics_file: Path | None = operation(
        None, "file that a run writes Prometheus metrics to; its name must end in .prom", env="NIC_METRICS_FILE"
    )
    shard_size: int = operation(256, "documents a shard holds on average", ge=1)
    report_language: Literal["pt", "en"] = operation("pt", "language of report.html")

    @property
    def processing_pipeline_version(self) -> str:
        return __version__


class SourceSettings(Section):
    kind: Literal["folder", "gitlab"] = setting("folder", "where documents come from", env="NIC_SOURCE")
    folder_path: Path = setting(Path("data/samples"), "root to read (kind folder)", env="NIC_FOLDER_PATH")
    target_folder: str = setting(
        "30-Aprovados", "folder of approved documents inside the root or project", env="NIC_TARGET_FOLDER"
    )
    supported_extensions: WordList = setting(
        ("pdf", "docx", "pptx", "xlsx", "md", "txt", "html", "jpg", "jpeg", "png"), "extensions that are read"
    )
    max_file_size_mb: float = limit(100, "a larger file is quarantined", gt=0)


class GitlabSettings(Section):
    url: str = setting("", "address of the GitLab server", env="GITLAB_URL")
    project: str = setting("", "path or id of the project", env="GITLAB_PROJECT")
    branch: str = setting("main", "branch to follow", env="GITLAB_BRANCH")
    ca_file: Path | None = operation(None, "PEM file of a private certificate authority", env="GITLAB_CA_FILE")


class ConversionSettings(Section):
    artifacts_path: Path | None = setting(
        None, "folder of Docling's own models; unset: layout and tables by rules", env="DOCLING_ARTIFACTS_PATH"
    )
    ocr_engine: Literal["rapidocr", "tesseract", "none"] = setting("rapidocr", "reads scanned pages and images")
    ocr_languages: WordList = setting(("pt",), "language codes of the OCR engine")
    ocr_retry_below: float = setting(0.8, "OCR score under which a rotated page is tried", ge=0, le=1)
    max_pages: int = limit(2000, "a document of more pages, slides, sheets or frames is quarantined", gt=0)
    max_unpacked_mb: float = limit(500, "an Office file that unpacks to more is quarantined", gt=0)
    max_megapixels: float = limit(
        100, "an image, or page when rendered, of more is quarantined", gt=0, lt=PILLOW_MEGAPIXELS
    )
    max_characters: int = limit(10_000_000, "a document of more text is quarantined", gt=0)


class ChunkingSettings(Section):
    target_chunk_size: int = setting(500, "tokens a chunk aims at; the model's limit caps it", ge=16)
    overlap: int = setting(100, "tokens shared by consecutive chunks of one section", ge=0)
    min_chunk_size: int = setting(50, "smaller neighbours in one section are merged", ge=0)

    @model_validator(mode="after")
    def _overlap_fits(self) -> ChunkingSettings:
        if self.overlap * 2 > self.target_chunk_size:
            raise ValueError("overlap must be at most half of target_chunk_size")
        return self


class EmbeddingSettings(Section):
    model_name: str = setting("bundled", "hub name, local folder, or bundled", env="NIC_EMBEDDING_MODEL")
    revision: str = setting("main", "revision of a hub model; pin a commit in production")
    device: Literal["auto", "cpu", "cuda"] = setting("auto", "where the model runs")
    backend: Literal["auto", "torch", "onnx"] = setting("auto", "library that runs the model")
    precision: Literal["auto", "fp32", "bf16", "fp16", "int8"] = setting("auto", "what the model computes in")
    batch_tokens: int = operation(65536, "tokens encoded at once on a GPU; on a CPU it is always one text", ge=1)


class QdrantSettings(Section):
    url: str = setting("", "address of the Qdrant server; empty: local mode in the data dir", env="QDRANT_URL")
    collection_name: str = setting("nic", "alias that readers use", env="QDRANT_COLLECTION", pattern=r"^[\w.-]{1,100}$")
    ca_file: Path | None = operation(None, "PEM file of a private certificate authority", env="QDRANT_CA_FILE")
    timeout_s: float = operation(30, "seconds a request may take", gt=0)
    batch_points: int = operation(256, "points of one upsert", ge=1, le=1000)
    optimize_collection: bool = setting(True, "build the vector index after a load (server only)")
    keep_collections: int = operation(1, "collections kept that were published before the present one", ge=0)
    hnsw_m: int = server(16, "links of a point in the vector index (server only)", ge=2, le=128)
    hnsw_ef_construct: int = server(
        200, "candidates looked at for a point's links when the index is built (server only)", ge=4, le=4096
    )
    search_ef: int = operation(256, "candidates that a search follows in the index (server only)", ge=1, le=10_000)
    quantization: Literal["none", "scalar", "binary"] = server(
        "scalar", "how small the vectors are that a search compares first (server only)"
    )
    oversampling: float = operation(
        2.0, "times as many hits are compared again with the full vectors (server only)", ge=1, le=100
    )
    vectors_on_disk: bool = server(True, "full vectors are read from disk, not held in memory (server only)")
    payload_on_disk: bool = server(True, "payloads are read from disk, not held in memory (server only)")
    sparse_on_disk: bool = server(False, "the index of words is read from disk (server only)")

    @property
    def kept_by_server(self) -> dict[str, Any]:
        """What a server's collection is made with and changed to in place; empty for local mode, which ignores it."""
        return self.model_dump(mode="json", include=self.of_role(Role.SERVER)) if self.url else {}


class SearchSettings(Section):
    reranker: str = operation("", "cross-encoder that orders the best hits anew, hub name or local folder; empty: none")
    rerank_candidates: int = operation(50, "hits that it is given", ge=1, le=1000)


class QualitySettings(Section):
    questions: Path | None = operation(None, "JSON file of questions that a new collection must answer; unset: none")
    min_hit_at_5: float = operation(0.9, "share of them that must find their document among five", ge=0, le=1)
    min_text_coverage: float = limit(
        0.0, "a document of whose words a smaller share was extracted is quarantined; 0: it is only told", ge=0, le=1
    )


class EngineSettings(Section):
    kind: Literal["inline", "processes", "dask"] = operation("processes", "where heavy work runs", env="NIC_ENGINE")
    dask_address: str = operation("", "scheduler of a Dask cluster; empty: one on this machine", env="NIC_DASK_ADDRESS")
    document_timeout_s: float = limit(900, "a document that takes longer is quarantined", gt=0)
    memory_limit_mb: int = limit(6144, "a process that grows larger is replaced", ge=256)
    gpu_processes: int = operation(
        2, "processes that share a GPU: one reads, tokenises or writes while another computes", ge=1
    )
    recycle_after: int = operation(1000, "documents after which a process is replaced", ge=1)


class Settings(Section):
    """All sections. Plain data: picklable, hashable into `config_hash`, safe to print (no secrets)."""

    pipeline: PipelineSettings = PipelineSettings()
    source: SourceSettings = SourceSettings()
    gitlab: GitlabSettings = GitlabSettings()
    conversion: ConversionSettings = ConversionSettings()
    chunking: ChunkingSettings = ChunkingSettings()
    embedding: EmbeddingSettings = EmbeddingSettings()
    qdrant: QdrantSettings = QdrantSettings()
    search: SearchSettings = SearchSettings()
    quality: QualitySettings = QualitySettings()
    engine: EngineSettings = EngineSettings()

    @model_validator(mode="after")
    def _sections_agree(self) -> Settings:
        if found := [*_contradictions(self), *_passwords(self)]:
            raise ValueError("; ".join(found))
        return self

    @property
    def environment(self) -> str:
        return self.pipeline.environment

    @property
    def config_hash(self) -> str:
        """First 12 hex digits of the SHA-256 of what decides a run's results, in canonical JSON: docs/configuration.md.

        Where files lie and how the work is spread changes no result, so that a checkpoint fits on another machine.
        """
        canonical = json.dumps(self.deciding, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()[:12]

    @property
    def deciding(self) -> dict[str, dict[str, Any]]:
        """Section -> setting -> value of what decides a run's results, as JSON values."""
        sections = self.model_dump(mode="json", exclude=settings_of(Role.SERVER, Role.OPERATION))
        return {name: section for name, section in sections.items() if section}


def settings_of(*roles: Role) -> dict[str, set[str]]:
    """Section -> names of its settings of these roles; sections without any are left out."""
    sections = {name: info.annotation for name, info in Settings.model_fields.items()}
    found = {name: section.of_role(*roles) for name, section in sections.items() if section}
    return {name: names for name, names in found.items() if names}


def _contradictions(settings: Settings) -> Iterator[str]:
    """Settings that are each valid but contradict each other."""
    if "://" in settings.pipeline.data_dir and not settings.qdrant.url:
        yield "NIC_DATA_DIR is an object store, which cannot hold Qdrant's local files: set QDRANT_URL"
    if settings.environment != "production":
        return
    if not settings.qdrant.url:
        yield "production needs a Qdrant server, as local files serve one process at a time: set QDRANT_URL"
    if settings.source.kind == "folder" and settings.source.folder_path == SourceSettings().folder_path:
        yield "production would publish the delivered samples: set NIC_SOURCE=gitlab, or NIC_FOLDER_PATH"


def _passwords(settings: Settings) -> Iterator[str]:
    """Addresses are printed and written down, so that none may hold a secret."""
    addresses = {
        "NIC_DATA_DIR": settings.pipeline.data_dir,
        "GITLAB_URL": settings.gitlab.url,
        "QDRANT_URL": settings.qdrant.url,
        "NIC_DASK_ADDRESS": settings.engine.dask_address,
    }
    for name, address in addresses.items():
        if USER_INFO.search(address):
            yield f"{name} must not hold a password: secrets have variables of their own"
