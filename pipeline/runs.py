"""The folders of earlier runs and of those that are going on."""

from __future__ import annotations

from pathlib import Path

from pipeline.config import Settings
from pipeline.events import is_begun
from pipeline.targets import DataDir


def runs_folder(settings: Settings) -> Path:
    """Where every run has its folder, on this machine."""
    return DataDir.at(settings.pipeline.data_dir).run("")


def begun_runs(folder: Path) -> list[str]:
    """Ids of the runs that came as far as knowing what to do, oldest first."""
    names = sorted(path.name for path in folder.glob("*/") if not path.name.startswith("."))
    return [name for name in names if is_begun(folder / name)]
