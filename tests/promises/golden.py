"""What each stage makes of the samples, so that a change of it is seen: files that an earlier version of the stage made
would otherwise be taken for those of this one.

`python -m tests.promises.golden` converts the samples and prints it anew, for a change that is meant.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pydantic

from pipeline import embed
from pipeline.datadir import files
from pipeline.run.current import Run
from pipeline.run.fingerprints import SPECS, versions
from pipeline.schema import ChunkedDocument, Conversion, Document, Snapshot, Stage
from pipeline.settings.sections import EmbeddingSettings, PipelineSettings, Settings
from pipeline.store import payload
from tests.support.samples_run import run_samples

TEXTS = ("O pedido de férias é feito com antecedência de 45 dias.", "The library opens on Saturdays.")
ANYWHERE = EmbeddingSettings(device="cpu", backend="torch", precision="fp32")
"""The same on every machine to a few last digits."""


class Golden(pydantic.BaseModel):
    """One stage: what it was given, how it works, and what it gave."""

    given: str
    version: int
    libraries: dict[str, str]
    gave: str | list[list[float]]

    def is_like(self, other: Golden) -> bool:
        """Whether both gave the same: the same bytes, or vectors that are the same but for rounding."""
        if isinstance(self.gave, str):
            return self.gave == other.gave
        return np.allclose(self.gave, other.gave, atol=0.005)


def found(data: Path) -> dict[Stage, Golden]:
    """Of a data directory in which the samples were processed; documents read by OCR differ from CPU to CPU."""
    run = Run(Settings(pipeline=PipelineSettings(data_dir=str(data))), "20240101T000000.000Z-000000")
    snapshot = run.listings.latest()
    assert snapshot
    documents = sorted(_exact(run, snapshot), key=lambda document: document.path)
    sources, converted, chunks = (
        _digest(documents, lambda document, at=stage: _content(run, at, document))  # type: ignore[misc]
        for stage in (Stage.FETCH, Stage.CONVERT, Stage.CHUNK)
    )
    stored = _digest(documents, lambda document: _payloads(run, snapshot, document))
    vectors = embed.encode(TEXTS, "", ANYWHERE, data / "models")
    gave = {Stage.CONVERT: (sources, converted), Stage.CHUNK: (converted, chunks), Stage.STORE: (chunks, stored)}
    made = {stage: _golden(stage, given, result) for stage, (given, result) in gave.items()}
    return made | {Stage.EMBED: _golden(Stage.EMBED, "the texts", vectors[:, :32].astype(float).round(4).tolist())}


def _golden(stage: Stage, given: str, gave: str | list[list[float]]) -> Golden:
    return Golden(given=given, version=SPECS[stage].version, libraries=dict(versions(stage)), gave=gave)


def _exact(run: Run, snapshot: Snapshot) -> Iterator[Document]:
    for document in snapshot.documents:
        if files.exists(run.files_of(document).chunks):
            conversion = files.read_model(run.files_of(document).conversion, Conversion)
            if not conversion.ocr_applied:
                yield document


def _content(run: Run, stage: Stage, document: Document) -> bytes:
    return files.read_sealed(run.files_of(document).target(stage))


def _payloads(run: Run, snapshot: Snapshot, document: Document) -> bytes:
    """Without what names versions and moments."""
    made = payload.payloads(
        snapshot,
        document,
        files.read_model(run.files_of(document).conversion, Conversion),
        files.read_model(run.files_of(document).chunks, ChunkedDocument),
        content_version="0" * 12,
        file_hash="0" * 64,
        collection="c",
        vector_dimension=1,
        settings=run.settings.model_copy(update={"embedding": ANYWHERE}),
    )
    moving = {"processing_timestamp", "processing_pipeline_version", "created_date", "modified_date"}
    moving |= {"gitlab_branch", "gitlab_commit", "gitlab_url", "author"}
    points = [point.model_dump(mode="json", exclude=moving) for point in made]
    return json.dumps(points, sort_keys=True, ensure_ascii=False).encode()


def _digest(documents: list[Document], content: Callable[[Document], bytes]) -> str:
    whole = hashlib.sha256()
    for document in documents:
        whole.update(hashlib.sha256(content(document)).digest())
    return whole.hexdigest()[:16]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        models = Path(folder, "models")
        models.mkdir()
        golden: dict[str, Any] = {
            stage: each.model_dump() for stage, each in found(Path(run_samples(Path(folder), models).data)).items()
        }
    json.dump(golden, sys.stdout, indent=1, sort_keys=True)
