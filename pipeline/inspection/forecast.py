"""What a number of documents like those seen would take: time, disk, memory and points, from what past runs measured.

The spread is that of a bootstrap over documents: between `low` and `high` lie 80 % of the outcomes that the documents
seen make likely. It knows nothing of documents that are unlike them, nor of another machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import NonNegativeFloat, NonNegativeInt

from pipeline.datadir import files
from pipeline.datadir.files import FilePath
from pipeline.errors import ErrorCode, PipelineError
from pipeline.monitoring.history import PastRun, read_history
from pipeline.publish.published import read_published
from pipeline.run.current import Run
from pipeline.run.facts import read_facts
from pipeline.schema import Record, Stage

_RESAMPLES = 1000
_FEW_DOCUMENTS = 30
_FAR = 20  # times what was seen
_SAMPLE = 500  # documents whose files are measured
_REMOTE_SAMPLE = 50  # in an object store, where each costs several requests


class Range(Record):
    """An estimate; the outcome lies between `low` and `high` in 8 of 10 cases."""

    low: NonNegativeFloat
    expected: NonNegativeFloat
    high: NonNegativeFloat


class Forecast(Record):
    """What so many documents like those seen would take on this machine; None where nothing was measured."""

    documents: NonNegativeInt
    seen_documents: NonNegativeInt
    seen_runs: NonNegativeInt
    parallelism: NonNegativeFloat
    seconds: Range
    stage_seconds: dict[Stage, Range]
    data_mb: Range | None
    points: Range | None
    memory_peak_mb: NonNegativeFloat | None
    notes: tuple[str, ...]


def estimate(run: Run, documents: int) -> Forecast:
    """Raises PipelineError (INCOMPLETE) when no document was ever processed here."""
    runs = [past for past in read_history(run).runs if past.stages]
    measured = [_Measured(run.data.run(past.run_id), past) for past in runs]
    seen = np.array([row for one in measured for row in one.rows])
    if not len(seen):
        raise PipelineError("no run was measured yet; run the main job on some documents first", ErrorCode.INCOMPLETE)
    generator = np.random.default_rng(documents)
    parallelism = max(1.0, sum(one.work_s for one in measured) / sum(one.busy_s for one in measured))
    fixed_s = float(np.median([one.fixed_s for one in measured]))
    total = _extrapolate(seen.sum(axis=1), documents, generator)
    by_stage = {stage: _extrapolate(column, documents, generator) for stage, column in zip(Stage, seen.T, strict=True)}
    chunks, sizes = _chunk_counts(run), _sizes(run)
    peaks = [past.memory_peak_mb for past in runs if past.memory_peak_mb is not None]
    return Forecast(
        documents=documents,
        seen_documents=len(seen),
        seen_runs=sum(bool(one.rows) for one in measured),
        parallelism=round(parallelism, 2),
        seconds=_range(total / parallelism + fixed_s),
        stage_seconds={stage: _range(totals) for stage, totals in by_stage.items()},
        data_mb=_range(_extrapolate(sizes, documents, generator) / 1e6) if len(sizes) else None,
        points=_range(_extrapolate(chunks, documents, generator)) if len(chunks) else None,
        memory_peak_mb=max(peaks, default=None),
        notes=tuple(_notes(len(seen), documents, bool(peaks))),
    )


class _Measured:
    """What the log of one run says about whole documents: `rows` are their seconds in each stage.

    A document that was only chunked again, or that an interruption left half-way, would make the others look quick.
    """

    def __init__(self, folder: Path, past: PastRun) -> None:
        facts = read_facts(folder)
        ended, seconds = facts.ended, facts.seconds()
        arrived = {path for done in ended.values() for path, has_failed in done.outcomes() if has_failed}
        arrived.update(ended[Stage.STORE].paths)
        self.rows = [seconds[path].tolist() for path in sorted(arrived.intersection(ended[Stage.CONVERT].paths))]
        self.work_s = sum(map(sum, seconds.values()))
        self.busy_s = facts.busy_s
        self.fixed_s = max(0.0, past.seconds - self.busy_s)


def _extrapolate(values: NDArray[np.float64], documents: int, generator: np.random.Generator) -> NDArray[np.float64]:
    """Totals over so many documents: the mean is known only from a sample, and the documents themselves vary."""
    means = generator.choice(values, (_RESAMPLES, len(values))).mean(axis=1)
    noise = generator.normal(0.0, values.std() * np.sqrt(documents), _RESAMPLES)
    return np.asarray((means * documents + noise).clip(0), dtype=np.float64)


def _range(totals: NDArray[np.float64]) -> Range:
    low, expected, high = (float(f"{value:.3g}") for value in np.percentile(totals, (10, 50, 90)))
    return Range(low=low, expected=expected, high=high)


def _chunk_counts(run: Run) -> NDArray[np.float64]:
    published = read_published(run)
    if published is None:
        return np.array([])
    stored = [version.chunk_count for version in published.documents.values()]
    return np.array([*stored, *(0 for _ in published.quarantined)], dtype=np.float64)


def _sizes(run: Run) -> NDArray[np.float64]:
    """Bytes of a document's derived files, and its share of Qdrant's local ones."""
    snapshot = run.listings.latest()
    documents = snapshot.documents if snapshot else ()
    most = _SAMPLE if isinstance(run.data.root, Path) else _REMOTE_SAMPLE
    sample = documents[:: max(1, len(documents) // most)]
    share = _local_store_bytes(run) / max(1, len(documents))
    return np.array([_bytes(run.data.document(document.blob_sha)) + share for document in sample])


def _local_store_bytes(run: Run) -> int:
    if run.settings.qdrant.url:
        return 0
    return sum(file.stat().st_size for file in run.data.qdrant.rglob("*") if file.is_file())


def _bytes(folder: FilePath) -> int:
    return sum((folder / name).stat().st_size for name in files.names(folder))


def _notes(seen: int, documents: int, memory_is_known: bool) -> Iterator[str]:
    if seen < _FEW_DOCUMENTS:
        yield f"only {seen} documents were measured: take this as a rough idea"
    if documents > _FAR * seen:
        yield f"{documents} is more than {_FAR} times the {seen} documents that were measured"
    if not memory_is_known:
        yield "no run measured its memory"
