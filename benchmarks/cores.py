"""What a second process brings, and what Dask costs against the pool of processes."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import get_args

from benchmarks import fresh, workload
from benchmarks.figures import Figure
from pipeline.settings.operation import EngineSettings

_TARGET = 1.9
_SIDES = {
    "1 process": ("processes", "1"),
    "2 processes": ("processes", "2"),
    "Dask, 2 processes": ("dask", "2"),
}
Elapsed = dict[str, list[float]]


def run() -> list[Figure]:
    """Cold runs of the main job, in turns, each in a data folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "root"
        what = workload.fill(root)
        kinds = get_args(EngineSettings.model_fields["kind"].annotation)
        sides = {
            name: _measure(root, folder, kind, processes) for name, (kind, processes) in _SIDES.items() if kind in kinds
        }
        sides["1 process"]()  # files come from the page cache for all
        return _figures(fresh.interleaved(sides), what)


def _measure(root: Path, folder: str, kind: str, processes: str) -> Callable[[], float]:
    def measure() -> float:
        data = fresh.share_models(Path(folder), Path(tempfile.mkdtemp(dir=folder)))
        options = ("--engine-kind", kind, "--pipeline-max-concurrent-documents", processes)
        return fresh.run_all(root, data, *options)

    return measure


def _figures(seconds: Elapsed, what: str) -> list[Figure]:
    whole = _ratio(seconds, "2 processes")
    note = f"{what}; {fresh.remark(seconds)}; process start and loading of models included, their export not"
    figures = [
        Figure(
            what="whole run, 2 processes against 1",
            value=whole,
            unit="times faster",
            target=f"≥ {_TARGET}",
            met=whole >= _TARGET,
            note=note if "Dask, 2 processes" in seconds else f"{note}; Dask is no engine of this version: left out",
        ),
    ]
    if "Dask, 2 processes" in seconds:
        dask = _ratio(seconds, "Dask, 2 processes")
        figures.append(Figure(what="whole run, Dask with 2 processes against 1", value=dask, unit="times faster"))
    return figures


def _ratio(seconds: Elapsed, side: str) -> float:
    return statistics.median(seconds["1 process"]) / statistics.median(seconds[side])
