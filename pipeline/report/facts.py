"""What a run's summary says beyond counts: which documents were slow, what their chunks look like, where it ran.

Everything here costs in proportion to the run's own work, not to the snapshot: one change among very many stays quick.
"""

from __future__ import annotations

import heapq
import os
import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import PurePath

import numpy as np
import psutil
from pydantic import JsonValue

from pipeline.datadir import files
from pipeline.datadir.files import FilePath, Model
from pipeline.errors import sanitise
from pipeline.run.current import Run
from pipeline.run.facts import DocumentFacts, StageEnds
from pipeline.run.fingerprints import versions
from pipeline.run.summary import Histogram, Machine, SlowDocument
from pipeline.schema import ChunkedDocument, Conversion, Document, Stage
from pipeline.settings.sections import Settings, __version__

_SLOWEST = 10
_SAMPLE = 200  # documents whose files are read for the histograms; in an object store each costs tens of milliseconds
_BINS = 20


def slowest(done: DocumentFacts) -> tuple[SlowDocument, ...]:
    """The ten documents that took most seconds of work."""
    top = heapq.nlargest(_SLOWEST, done.seconds().items(), key=lambda entry: sum(entry[1]))
    return tuple(
        SlowDocument(
            path=path,
            seconds=round(sum(seconds), 3),
            stages={stage: round(spent, 3) for stage, spent in zip(Stage, seconds, strict=True) if spent},
        )
        for path, seconds in top
    )


def chunk_tokens(run: Run, done: DocumentFacts, documents: Mapping[str, Document]) -> Histogram | None:
    """Lengths, in tokens, of the chunks that this run made."""
    sample = _sample(done.ended[Stage.CHUNK], documents)
    chunked = _read(sample, lambda document: run.files_of(document).chunks, ChunkedDocument)
    return _histogram([chunk.token_count for found in chunked for chunk in found.chunks], len(sample))


def ocr_scores(run: Run, done: DocumentFacts, documents: Mapping[str, Document]) -> Histogram | None:
    """Mean OCR scores of the documents that this run read by OCR."""
    sample = _sample(done.ended[Stage.CONVERT], documents)
    conversions = _read(sample, lambda document: run.files_of(document).conversion, Conversion)
    scores = [found.ocr_confidence for found in conversions if found.ocr_confidence is not None]
    return _histogram(scores, len(scores), (0.0, 1.0))


def _sample(ended: StageEnds, documents: Mapping[str, Document]) -> list[Document]:
    """Evenly spread, as documents of a kind lie together."""
    step = max(1, len(ended.paths) // _SAMPLE)
    paths = dict.fromkeys(path for path, has_failed in ended.outcomes()[step - 1 :: step] if not has_failed)
    return [documents[path] for path in paths if path in documents][:_SAMPLE]


def _read(sample: Iterable[Document], path: Callable[[Document], FilePath], model: type[Model]) -> list[Model]:
    return [files.read_model(path(document), model) for document in sample]


def _histogram(values: Sequence[float], documents: int, limits: tuple[float, float] | None = None) -> Histogram | None:
    if not values:
        return None
    counts, edges = np.histogram(values, _BINS, limits or (0.0, float(max(values))))
    return Histogram(edges=tuple(edges.round(3).tolist()), counts=tuple(counts.tolist()), documents=documents)


def settings_in_force(settings: Settings) -> dict[str, dict[str, JsonValue]]:
    """Every setting as reports may show it: without secrets, URL credentials or paths of this machine."""
    values: dict[str, dict[str, JsonValue]] = settings.model_dump(mode="json")
    return {
        section: {name: _public(value) if isinstance(value, str) else value for name, value in options.items()}
        for section, options in values.items()
    }


def _public(value: str) -> str:
    path = PurePath(value)
    return f"…/{path.name}" if path.is_absolute() else sanitise(value)


def library_versions() -> dict[str, str]:
    """This package and the libraries whose code decides what a run gives."""
    libraries = {name: found for stage in Stage for name, found in versions(stage).items()}
    return {"nic-etl": __version__, "luigi": version("luigi"), **dict(sorted(libraries.items()))}


def machine() -> Machine:
    """This machine, without its name."""
    return Machine(
        platform=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        cores=os.cpu_count() or 1,
        memory_mb=round(psutil.virtual_memory().total / 1e6),
    )
