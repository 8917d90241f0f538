"""NIC ETL against LlamaIndex's and Haystack's ingestion over the same documents, embedding model and store.

They have Docling as its documentation sets it up; how much of the difference is this pipeline's converter, a cold run
of the faster one with that shows.

Every run is a process of its own, timed from its start to its end, with files in the page cache.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks import fresh, peer_environment, sampled, workload
from benchmarks.figures import Figure
from pipeline import embedding_models
from pipeline.settings.sections import EmbeddingSettings

_COLD_TARGET, _UNCHANGED_TARGET, _EDITED_TARGET = 2, 50, 12
_LLAMAINDEX, _LLAMAINDEX_PARALLEL = "LlamaIndex", "LlamaIndex, a process per core"
_HAYSTACK, _HAYSTACK_CHECKED = "Haystack", "Haystack, own change detection"


@dataclass(frozen=True, order=True)
class Taken:
    """One run: seconds from process start to end, and without its imports; what its collection then holds."""

    seconds: float
    without_imports: float
    documents: int
    chunks: int

    def __str__(self) -> str:
        return f"{self.seconds:.1f} s ({self.without_imports:.1f} without imports)"


Round = dict[str, Taken]


class Comparison:
    """The documents, and what every side keeps between its runs, under one folder."""

    def __init__(self, folder: Path, python: Path) -> None:
        self.folder = folder
        self.python = python
        self.root = folder / "root"
        self.data = folder / "ours"
        self.model = embedding_models.prepare(EmbeddingSettings(), folder / "models")
        self.peers = {
            _LLAMAINDEX: ("llamaindex", "1"),
            _LLAMAINDEX_PARALLEL: ("llamaindex", str(os.cpu_count() or 1)),
            _HAYSTACK: ("haystack", "all"),
            _HAYSTACK_CHECKED: ("haystack", "missing"),
        }

    def fill(self) -> str:
        """Documents that every side can convert: one that cannot be converted ends Haystack's whole run."""
        what = workload.fill(self.root)
        rehearsal = self.folder / "rehearsal"
        fresh.run_all(self.root, rehearsal)
        summary = fresh.summary(rehearsal)
        for failed in summary.quarantined:
            (self.root / failed.path).unlink()
        for skipped in summary.skipped:
            (self.root / skipped.path).unlink()
        return f"{what}, of which {len(workload.files(self.root))} can be converted"

    def ours(self, data: Path | None = None, samples: Path | None = None) -> Taken:
        """On a machine that has exported the model before."""
        data = data or self.data
        if not data.exists():
            fresh.share_models(self.folder, data)
        return self._ours(data, samples)

    def first_ours(self) -> Taken:
        """The first run on a machine: the model is exported in it."""
        return self._ours(self.folder / "first")

    def _ours(self, data: Path, samples: Path | None = None) -> Taken:
        seconds = fresh.run_all(self.root, data, samples=samples)
        summary = fresh.summary(data)
        return _said("NIC ETL", Taken(seconds, summary.seconds, summary.total, summary.points))

    def peer(self, name: str, state: Path | None = None, converter: str = "", samples: Path | None = None) -> Taken:
        script, argument = self.peers[name]
        state = state or self.state(name)
        state.mkdir(exist_ok=True)
        arguments = [f"benchmarks.peer_{script}", str(self.root / workload.FOLDER), str(state), argument]
        environment = {"NIC_BENCHMARK_MODEL": str(self.model), "NIC_BENCHMARK_CONVERTER": converter}
        done = fresh.timed(self.python, arguments, environment, samples)
        said = next(line for line in done.output.splitlines() if line.startswith("{"))  # py-spy talks, too
        answer = json.loads(said)
        label = f"{name}, NIC ETL's converter" if converter else name
        return _said(label, Taken(done.seconds, answer["seconds"], answer["documents"], answer["chunks"]))

    def state(self, name: str) -> Path:
        return self.folder / name


def run() -> list[Figure]:
    """A cold run, a run with nothing to do, a run after one document was edited and another deleted."""
    python = peer_environment.ready()
    with tempfile.TemporaryDirectory() as folder:
        comparison = Comparison(Path(folder), python)
        what = comparison.fill()
        llamaindex, figures = _cold(comparison, what)
        shutil.copytree(comparison.state(_HAYSTACK), comparison.state(_HAYSTACK_CHECKED))
        again = (llamaindex, _HAYSTACK, _HAYSTACK_CHECKED)
        nothing_to_do = statistics.median(comparison.ours().seconds for _ in range(fresh.REPEATS))
        unchanged = {name: comparison.peer(name) for name in again}
        workload.change_one(comparison.root)
        workload.files(comparison.root)[-1].unlink()
        edited = comparison.ours()
        changed = {name: comparison.peer(name) for name in again}
    figures += _again("unchanged re-run", nothing_to_do, unchanged, f"≥ {_UNCHANGED_TARGET}")
    figures += _again("one document edited, one deleted", edited.seconds, changed, f"≥ {_EDITED_TARGET}")
    return [*figures, *(_contents(name, changed[name], edited) for name in again)]


def _cold(comparison: Comparison, what: str) -> tuple[str, list[Figure]]:
    """Everybody once; then the faster peer and NIC ETL in turns, of which the medians count, of two the lower; then
    that peer with NIC ETL's converter. Also the faster way of LlamaIndex."""
    ours = [comparison.ours()]
    cold = {name: comparison.peer(name) for name in (_LLAMAINDEX, _LLAMAINDEX_PARALLEL, _HAYSTACK)}
    llamaindex = min(_LLAMAINDEX, _LLAMAINDEX_PARALLEL, key=lambda name: cold[name].seconds)
    faster = min(cold, key=lambda name: cold[name].seconds)
    again = [cold[faster]]
    for number in range(1, fresh.REPEATS):
        ours.append(comparison.ours(comparison.folder / f"ours-{number}"))
        again.append(comparison.peer(faster, comparison.state(f"{faster}-{number}")))
    cold[faster] = statistics.median_low(again)
    mine = statistics.median_low(ours).seconds
    first = comparison.first_ours().seconds
    with_ours = comparison.peer(faster, comparison.state(f"{faster}-own"), "own")
    turns = f"{len(ours)} turns of NIC ETL and {faster}: " + ", ".join(
        f"{own.seconds:.1f} and {peer.seconds:.1f} s" for own, peer in zip(ours, again, strict=True)
    )
    return llamaindex, [
        _ratio("cold run", mine, cold, f"≥ {_COLD_TARGET}", f"{what}; NIC ETL {mine:.1f} s; {turns}"),
        _ratio("cold run, the first on this machine", first, {faster: cold[faster]}, "", f"NIC ETL {first:.1f} s"),
        _ratio(f"cold run, {faster} with NIC ETL's converter", mine, {faster: with_ours}, "", ""),
        *_sampled(comparison, faster),
    ]


def _sampled(comparison: Comparison, peer: str) -> list[Figure]:
    """Where the time of a cold run of both sides goes."""
    ours, theirs = comparison.folder / "ours.samples", comparison.folder / "peer.samples"
    comparison.ours(comparison.folder / "ours-sampled", ours)
    comparison.peer(peer, comparison.state(f"{peer}-sampled"), samples=theirs)
    return [_parts("NIC ETL", ours), _parts(peer, theirs)]


def _parts(name: str, samples: Path) -> Figure:
    seconds = sampled.seconds_by_part(samples)
    note = ", ".join(f"{part} {taken:.1f}" for part, taken in seconds.items())
    return Figure(what=f"where a cold run's time goes, {name}", value=sum(seconds.values()), unit="thread-s", note=note)


def _again(what: str, ours: float, peers: Round, target: str) -> list[Figure]:
    documented = {name: taken for name, taken in peers.items() if name != _HAYSTACK_CHECKED}
    checked = {_HAYSTACK_CHECKED: peers[_HAYSTACK_CHECKED]}
    return [
        _ratio(what, ours, documented, target, f"NIC ETL {ours:.1f} s"),
        _ratio(f"{what}, Haystack with 20 lines of own change detection", ours, checked, "", ""),
    ]


def _ratio(what: str, ours: float, peers: Round, target: str, note: str) -> Figure:
    faster = min(peers, key=lambda name: peers[name].seconds)
    ratio = peers[faster].seconds / ours
    return Figure(
        what=f"{what}, against {faster}" if len(peers) > 1 else what,
        value=ratio,
        unit="times faster",
        target=target,
        met=ratio >= float(target.removeprefix("≥ ")) if target else None,
        note=", ".join(filter(None, [note, *(f"{name} {taken}" for name, taken in peers.items())])),
    )


def _contents(name: str, taken: Taken, ours: Taken) -> Figure:
    """A peer that forgets nothing holds more than the folder does."""
    return Figure(
        what=f"documents (versions) in the collection after the edit and the deletion: {name}",
        value=taken.documents,
        unit="",
        target=f"= {ours.documents}",
        met=taken.documents == ours.documents,
        note=f"{taken.chunks} chunks; NIC ETL {ours.chunks}",
    )


def _said(name: str, taken: Taken) -> Taken:
    fresh.say(f"{name}: {taken}, {taken.documents} documents, {taken.chunks} chunks")
    return taken
