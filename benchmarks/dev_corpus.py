"""Chunks and judged questions of a folder of documents with qrels.json, for benchmarks that measure retrieval.

The folder is named by NIC_BENCH_CORPUS; without one the benchmarks that need it say so and go on.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

from pipeline.datadir import files
from pipeline.engine import Job, open_engine
from pipeline.run.fingerprints import Fingerprints
from pipeline.schema import ChunkedDocument, Stage
from pipeline.settings.sections import ChunkingSettings, ConversionSettings, EmbeddingSettings, Settings

CORPUS = Path(os.environ.get("NIC_BENCH_CORPUS", "../shared/corpus/dev"))
CACHE = Path("data/benchmarks")


@dataclass(frozen=True)
class Question:
    """A question and the one document that answers it."""

    text: str
    path: str


def questions(corpus: Path) -> list[Question]:
    """Questions in the language of their document."""
    judged = json.loads((corpus / "qrels.json").read_text(encoding="utf-8"))["queries"]
    return [Question(one["question"], one["path"]) for one in judged if not one["cross_lingual"]]


def chunk_files(corpus: Path, cache: Path) -> dict[str, Path]:
    """Document path -> its chunks file; the pipeline's own stages convert and chunk what the cache does not hold."""
    cache.mkdir(parents=True, exist_ok=True)
    documents = sorted(path for path in (corpus / "30-Aprovados").rglob("*") if path.is_file())
    files = {str(path.relative_to(corpus)): cache / f"{_digest(path)}.chunks.json" for path in documents}
    jobs = [
        Job(str(target), convert_and_chunk, (corpus / path, target, cache / "models"))
        for path, target in files.items()
        if not target.exists()
    ]
    engine = open_engine(Settings())
    for job in jobs:
        engine.submit(job)
    for _ in jobs:
        outcome = engine.next()
        if outcome.error is not None:
            print(f"left out: {outcome.error}", flush=True)  # noqa: T201
    return {path: target for path, target in files.items() if target.exists()}


def texts(file: Path) -> list[str]:
    return [chunk.embedded_text for chunk in files.read_model(file, ChunkedDocument).chunks]


def convert_and_chunk(source: Path, target: Path, models_dir: Path) -> None:
    """Both stages for one document, on default settings."""
    from pipeline.chunk import chunk_document
    from pipeline.convert import convert_document

    document, conversion = target.with_suffix(".document"), target.with_suffix(".conversion")
    convert_document(source, source.suffix[1:].lower(), document, conversion, ConversionSettings())
    chunk_document(document, conversion, target, ChunkingSettings(), EmbeddingSettings(), models_dir)


def _digest(path: Path) -> str:
    """Of the content and of all that decides how it is converted and chunked."""
    fingerprint = Fingerprints(Settings()).stage(Stage.CHUNK, path.suffix[1:].lower())
    return f"{hashlib.sha256(path.read_bytes()).hexdigest()[:16]}-{fingerprint}"
