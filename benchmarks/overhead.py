"""What Luigi, targets, log and proof cost: the main job in one process against a plain loop over the same functions."""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks import fresh, workload
from benchmarks.figures import Figure
from pipeline import models
from pipeline.config import EmbeddingSettings

_TARGET = 1.05
_ONE_PROCESS = ("--engine-kind", "inline")


def run() -> list[Figure]:
    """Both from the start of a process to its end, models included, in turns, each in a data folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "root"
        what = workload.fill(root)
        by_hand(root, Path(folder) / "warm-up")  # files come from the page cache for both
        seconds = fresh.interleaved(
            {
                "main job": lambda: fresh.run_all(root, _new_folder(folder), *_ONE_PROCESS),
                "by hand": lambda: by_hand(root, _new_folder(folder)),
            }
        )
    return [_figure(seconds, what)]


def by_hand(root: Path, data: Path) -> float:
    """Seconds of the plain loop. The bundled model is unpacked before, as it is for the main job."""
    models.prepare(EmbeddingSettings(), data / "models")
    return fresh.timed(sys.executable, ["benchmarks.by_hand"], fresh.settings(root, data)).seconds


def _new_folder(folder: str) -> Path:
    return Path(tempfile.mkdtemp(dir=folder))


def _figure(seconds: dict[str, list[float]], what: str) -> Figure:
    ratio = statistics.median(seconds["main job"]) / statistics.median(seconds["by hand"])
    return Figure(
        what="main job against a plain loop over the same stage functions, one process",
        value=ratio,
        unit="times its time",
        target=f"≤ {_TARGET}",
        met=ratio <= _TARGET,
        note=f"{what}; {fresh.remark(seconds)}; process start and models included",
    )
