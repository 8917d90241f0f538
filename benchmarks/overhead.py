"""What Luigi, targets, log and proof cost: the main job in one process against a plain loop over the same functions."""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks import fresh, workload
from benchmarks.figures import Figure

_TARGET = 1.03
_ONE_PROCESS = ("--engine-kind", "inline")
Taken = dict[str, list[float]]


def run() -> list[Figure]:
    """Both from the start of a process to its end, models included, in turns, each in a data folder of its own."""
    cpu: Taken = {"main job": [], "by hand": []}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "root"
        what = workload.fill(root)
        by_hand(root, _new_folder(folder))  # files come from the page cache for both
        sides = {
            "main job": lambda: fresh.run_all(root, _new_folder(folder), *_ONE_PROCESS),
            "by hand": lambda: by_hand(root, _new_folder(folder)),
        }
        seconds = fresh.interleaved({name: _counted(side, cpu[name]) for name, side in sides.items()})
    return [_figure(seconds, f"{what}; process start and models included"), _cpu_figure(cpu)]


def by_hand(root: Path, data: Path) -> float:
    """Seconds of the plain loop."""
    return fresh.timed(sys.executable, ["benchmarks.by_hand"], fresh.settings(root, data)).seconds


def _counted(side: Callable[[], float], cpu: list[float]) -> Callable[[], float]:
    def measure() -> float:
        before = fresh.cpu_seconds()
        seconds = side()
        cpu.append(fresh.cpu_seconds() - before)
        return seconds

    return measure


def _new_folder(folder: str) -> Path:
    return fresh.share_models(Path(folder), Path(tempfile.mkdtemp(dir=folder)))


def _figure(seconds: Taken, note: str) -> Figure:
    ratio = _ratio(seconds)
    return Figure(
        what="main job against a plain loop over the same stage functions, one process",
        value=ratio,
        unit="times its time",
        target=f"≤ {_TARGET}",
        met=ratio <= _TARGET,
        note=f"{note}; {fresh.remark(seconds)}",
    )


def _cpu_figure(cpu: Taken) -> Figure:
    note = f"says the same on a busy machine; {fresh.remark(cpu)}"
    return Figure(what="the same in CPU time", value=_ratio(cpu), unit="times its CPU time", note=note)


def _ratio(taken: Taken) -> float:
    return statistics.median(taken["main job"]) / statistics.median(taken["by hand"])
