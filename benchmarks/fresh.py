"""Times fresh processes from their start to their end, so that both sides of a ratio pay for all that they load."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import sampled
from pipeline import embed, embedding_models
from pipeline.datadir import files
from pipeline.run.summary import Summary
from pipeline.settings.sections import EmbeddingSettings

ROOT = Path(__file__).parent.parent
REPEATS = int(os.environ.get("NIC_BENCHMARK_REPEATS", "3"))
_OWN_SETTINGS = ("NIC_", "QDRANT_", "GITLAB_", "DOCLING_")
_RUN_ALL = ("luigi", "--module", "pipeline", "RunAll", "--local-scheduler")


@dataclass(frozen=True)
class Finished:
    """A process that ended well."""

    seconds: float
    output: str


def timed(
    python: Path | str, arguments: Sequence[str], environment: Mapping[str, str], samples: Path | None = None
) -> Finished:
    """Run `python -m …` in the project's folder, under py-spy where `samples` are wanted. Raises RuntimeError with its
    last words when it fails."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(_OWN_SETTINGS)}
    start = time.perf_counter()
    done = subprocess.run(
        sampled.command(python, arguments, samples) if samples else [str(python), "-m", *arguments],
        cwd=ROOT,
        env={**inherited, "HF_HUB_OFFLINE": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - start
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)} failed ({done.returncode}): {(done.stderr or done.stdout)[-2000:]}")
    return Finished(seconds, done.stdout)


def settings(root: Path, data: Path) -> dict[str, str]:
    """The environment of a run over `root` that keeps everything under `data`."""
    return {"NIC_FOLDER_PATH": str(root), "NIC_DATA_DIR": str(data)}


def share_models(folder: Path, data: Path) -> Path:
    """Let runs under `data` use the models of `folder`, exported before the clock starts: a machine does that once."""
    shared, embedding = folder / "models", EmbeddingSettings()
    embed.embed_queries(["pronto"], embedding, shared)
    data.mkdir(exist_ok=True)
    (data / "models").symlink_to(shared)
    return data


def run_all(root: Path, data: Path, *options: str, samples: Path | None = None) -> float:
    """Seconds of the main job as the shell starts it. The bundled model is unpacked before, as it is for the others."""
    embedding_models.prepare(EmbeddingSettings(), data / "models")
    return timed(sys.executable, [*_RUN_ALL, *options], settings(root, data), samples).seconds


def cpu_seconds() -> float:
    """CPU time of all processes that were started here and have ended: what waiting for a busy machine leaves alone."""
    times = os.times()
    return times.children_user + times.children_system


def summary(data: Path) -> Summary:
    """What the last run under `data` said of itself."""
    return files.read_model(max(data.glob("runs/*/summary.json")), Summary)


def interleaved(sides: Mapping[str, Callable[[], float]], repeats: int = REPEATS) -> dict[str, list[float]]:
    """Seconds of every side, in turns, so that a slow minute of the machine meets all."""
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for repeat in range(repeats):
        for name, measure in sides.items():
            seconds[name].append(measure())
            say(f"{name}, {repeat + 1} of {repeats}: {seconds[name][-1]:.1f} s")
    return seconds


def remark(seconds: Mapping[str, Sequence[float]]) -> str:
    """Medians, with the span, of every side."""
    parts = [
        f"{name} {statistics.median(taken):.1f} s" + (f" ({min(taken):.1f}-{max(taken):.1f})" if len(taken) > 1 else "")
        for name, taken in seconds.items()
    ]
    return ", ".join(parts)


def say(line: str) -> None:
    """Progress, for whoever waits."""
    sys.stderr.write(f"  {time.strftime('%H:%M:%S')} {line}\n")
