"""What a run's summary says beyond counts: which documents changed, which were slow, what their chunks look like.

Everything here costs in proportion to the run's own work, not to the snapshot: one change among very many stays quick.
"""

from __future__ import annotations

import contextlib
import heapq
import os
import platform
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import PurePath

import numpy as np
import psutil
from pydantic import BaseModel, JsonValue

from pipeline.datadir import files
from pipeline.datadir.files import FilePath, Model
from pipeline.errors import DamagedFileError, sanitise
from pipeline.run.current import Run
from pipeline.run.facts import DocumentFacts, StageEnds
from pipeline.run.fingerprints import versions
from pipeline.run.records import Published, StoredVersion
from pipeline.run.summary import Changes, Histogram, Machine, Renamed, SlowDocument
from pipeline.schema import ChunkedDocument, Conversion, Document, Snapshot, Stage
from pipeline.settings.sections import Settings, __version__

MAX_LISTED = 200
_SLOWEST = 10
_SAMPLE = 200  # documents whose files are read for the histograms; in an object store each costs tens of milliseconds
_BINS = 20


@dataclass(frozen=True, slots=True)
class _Listed:
    """Of a document in an old listing, what tells a rename; the rest is not worth its memory."""

    document_id: str
    path: str
    blob_sha: str


class _Listing(BaseModel):
    documents: list[_Listed]


def compare(
    run: Run, snapshot: Snapshot, before: Published | None, wanted: dict[str, StoredVersion]
) -> tuple[Changes, int]:
    """What became of the documents since `before` was published, and how many were renamed.

    The paths of removed documents are in the old listing; should that be gone, they are left out.
    """
    old = before.documents if before else {}
    new = [d for d in snapshot.documents if d.document_id in wanted and d.document_id not in old]
    changed = [
        d.path
        for d in snapshot.documents
        if d.document_id in old
        and d.document_id in wanted
        and old[d.document_id].content_version != wanted[d.document_id].content_version
    ]
    gone = set(old).difference(d.document_id for d in snapshot.documents)
    left = _listed(run, before, gone) if before and gone else []
    renamed = _pair(left, new)
    origins, targets = {pair.old for pair in renamed}, {pair.new for pair in renamed}
    changes = Changes(
        new=_cut(d.path for d in new if d.path not in targets),
        changed=_cut(changed),
        removed=_cut(sorted(d.path for d in left if d.path not in origins)),
        renamed=tuple(renamed[:MAX_LISTED]),
    )
    return changes, len(renamed)


def _listed(run: Run, before: Published, ids: set[str]) -> list[_Listed]:
    """Documents of the published listing; another listing of that commit, of other settings, may lack some."""
    found: dict[str, _Listed] = {}
    for file in run.data.snapshots.glob(f"{before.commit}-*.json"):
        with contextlib.suppress(DamagedFileError):
            listed = files.read_model(file, _Listing).documents
            found |= {document.document_id: document for document in listed if document.document_id in ids}
        if len(found) == len(ids):
            break
    return list(found.values())


def _pair(left: Iterable[_Listed], new: Iterable[Document]) -> list[Renamed]:
    """A path that left and a new path of equal content; each is in one pair at most."""
    origins: dict[str, list[str]] = defaultdict(list)
    for document in left:
        origins[document.blob_sha].append(document.path)
    return [Renamed(old=origins[d.blob_sha].pop(), new=d.path) for d in new if origins.get(d.blob_sha)]


def _cut(paths: Iterable[str]) -> tuple[str, ...]:
    return tuple(paths)[:MAX_LISTED]


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
