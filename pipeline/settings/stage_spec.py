"""What decides a stage's output besides what goes in; each stage declares its own, and fingerprints collect them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.settings.sections import Settings

Versions = Mapping[str, str]
"""Library -> installed version."""


@dataclass(frozen=True)
class StageSpec:
    """How a stage works, as far as its output shows it."""

    version: int
    """Raise it when the output changes for a reason that no setting and no library version shows."""
    libraries: tuple[str, ...]
    """Distributions whose code decides the output."""
    inputs: Callable[[Settings, Versions], Any]
    """What of the settings and of the libraries' versions decides the output, as plain data for JSON."""
