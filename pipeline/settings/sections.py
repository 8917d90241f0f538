"""Every setting of the pipeline, typed and documented; `pipeline.settings.load` reads the effective ones.

Secrets (`GITLAB_TOKEN`, `QDRANT_API_KEY`) are never settings: `secret` reads them where they are used.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, model_validator

from pipeline.errors import without_password
from pipeline.settings.collection import QdrantSettings, QualitySettings, SearchSettings
from pipeline.settings.declaration import Role, Section, WordList, limit, operation, setting
from pipeline.settings.operation import EngineSettings, RetentionSettings, WebSettings

__version__ = "1.0.0"
_USER_INFO = re.compile(r"\w+://([^/\s]*@|[^/\s:]*:(?!\d*(/|$))\S*@)")  # names of folders may hold an @, too
PILLOW_MEGAPIXELS = 178  # larger images Pillow itself refuses to open

ReportLanguage = Literal["pt", "en"]


class PipelineSettings(Section):
    data_dir: Annotated[str, BeforeValidator(str)] = operation(
        "data", "folder of everything derived, or s3://bucket/prefix", env="NIC_DATA_DIR"
    )
    environment: Literal["development", "staging", "production"] = operation(
        "development",
        "which environment this is",
        "luigi.<name>.cfg is taken in over luigi.cfg",
        env="NIC_ENVIRONMENT",
    )
    organization: str = setting("NIC", "organization stored with every chunk")
    max_concurrent_documents: int = operation(
        0, "documents worked on at once; 0: as many as cores and memory allow", "each takes 1.7 GB", ge=0
    )
    max_delete_fraction: float = operation(
        0.3, "refuse a snapshot that drops more than this share of the published documents", ge=0, le=1
    )
    allow_mass_delete: bool = operation(
        False, "let one run exceed max_delete_fraction", "set it for that run only", env="NIC_ALLOW_MASS_DELETE"
    )
    metrics_file: Path | None = operation(
        None,
        "file that a run writes Prometheus metrics to; its name must end in .prom",
        "for node_exporter's textfile collector, written during a run and at its end; empty: none",
        env="NIC_METRICS_FILE",
    )
    shard_size: int = operation(
        256, "documents a shard holds on average", "the scheduler never sees more than a shard or two at once", ge=1
    )
    report_language: ReportLanguage = operation("pt", "language of report.html")

    @property
    def processing_pipeline_version(self) -> str:
        return __version__


EXTENSIONS = (
    *("pdf", "docx", "docm", "dotx", "dotm", "pptx", "pptm", "potx", "potm", "ppsx", "ppsm"),
    *("xlsx", "xlsm", "xltx", "xltm", "xlsb", "doc", "dot", "xls", "xlt", "ppt", "pot", "pps"),
    *("odt", "ott", "fodt", "ods", "ots", "fods", "odp", "otp", "fodp", "rtf", "md", "txt", "csv"),
    *("html", "htm", "mhtml", "mht", "epub", "eml", "msg"),
    *("jpg", "jpeg", "png", "tiff", "tif", "webp", "bmp", "gif"),
)


class SourceSettings(Section):
    kind: Literal["folder", "gitlab"] = setting(
        "folder", "where documents come from", "a folder may be plain or a git checkout", env="NIC_SOURCE"
    )
    folder_path: Path = setting(Path("data/samples"), "root to read (kind folder)", env="NIC_FOLDER_PATH")
    target_folder: str = setting(
        "30-Aprovados", "folder of approved documents inside the root or project", env="NIC_TARGET_FOLDER"
    )
    supported_extensions: WordList = setting(
        EXTENSIONS, "extensions that are read", "other files are skipped and reported"
    )
    max_file_size_mb: float = limit(100, "a larger file is quarantined", gt=0)


class GitlabSettings(Section):
    """The token is read from the environment variable GITLAB_TOKEN."""

    url: str = setting("", "address of the GitLab server", env="GITLAB_URL", example="https://gitlab.example.org")
    project: str = setting("", "path or id of the project", env="GITLAB_PROJECT", example="group/project")
    branch: str = setting("main", "branch to follow", env="GITLAB_BRANCH")
    ca_file: Path | None = operation(None, "PEM file of a private certificate authority", env="GITLAB_CA_FILE")


class ConversionSettings(Section):
    artifacts_path: Path | None = setting(
        None, "folder of Docling's own models; unset: layout and tables by rules", env="DOCLING_ARTIFACTS_PATH"
    )
    ocr_engine: Literal["rapidocr", "tesseract", "none"] = setting(
        "rapidocr", "reads scanned pages and images", "tesseract needs the program of that name"
    )
    ocr_languages: WordList = setting(
        ("pt",), "language codes of the OCR engine", "rapidocr's pt reads English too; tesseract: por eng"
    )
    ocr_precision: Literal["auto", "fp32"] = setting(
        "auto",
        "what rapidocr's models compute in",
        "auto is bf16 on a processor that computes in it, in less than half of the time, else fp32. Where machines of "
        "both kinds share documents, fp32 keeps what they read more alike",
    )
    ocr_retry_below: float = setting(0.8, "OCR score under which a rotated page is tried", ge=0, le=1)
    max_pages: int = limit(2000, "a document of more pages, slides, sheets or frames is quarantined", gt=0)
    max_unpacked_mb: float = limit(
        500, "an Office file that unpacks to more is quarantined", "1 MB is 1,000,000 bytes", gt=0
    )
    max_megapixels: float = limit(
        100,
        "an image, or page when rendered, of more is quarantined",
        f"less than {PILLOW_MEGAPIXELS}",
        gt=0,
        lt=PILLOW_MEGAPIXELS,
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
    model_name: str = setting(
        "bundled", "hub name, local folder, or bundled", "such as BAAI/bge-m3", env="NIC_EMBEDDING_MODEL"
    )
    revision: str = setting("main", "revision of a hub model; pin a commit in production")
    device: Literal["auto", "cpu", "cuda"] = setting("auto", "where the model runs")
    backend: Literal["auto", "torch", "onnx"] = setting("auto", "library that runs the model", "onnx is ONNX Runtime")
    precision: Literal["auto", "fp32", "bf16", "fp16", "int8"] = setting(
        "auto",
        "what the model computes in",
        "fp16 needs a GPU, int8 needs onnx; stored vectors are float32 in any case. auto, of backend and precision, is "
        "the fastest that was measured to keep retrieval: fp16 on a GPU, int8 for the bundled model on a CPU, for "
        "others bf16 on a CPU that computes in it, else fp32. Machines of different kinds that share a data directory "
        "must be given the same backend and precision, or each embeds again what the other embedded",
    )
    batch_tokens: int = operation(
        65536,
        "tokens encoded at once on a GPU; on a CPU it is always one text",
        "fewer when the GPU's memory is short; on a CPU that is fastest, and exactly repeatable",
        ge=1,
    )


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
    retention: RetentionSettings = RetentionSettings()
    engine: EngineSettings = EngineSettings()
    web: WebSettings = WebSettings()

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
    servers = {
        "GITLAB_URL": settings.gitlab.url,
        "QDRANT_URL": settings.qdrant.url,
        "NIC_DASK_ADDRESS": settings.engine.dask_address,
    }
    holding = [name for name, address in servers.items() if without_password(address) != address]
    holding += ["NIC_DATA_DIR"] if _USER_INFO.search(settings.pipeline.data_dir) else []
    for name in holding:
        yield f"{name} must not hold a password: secrets have variables of their own"
