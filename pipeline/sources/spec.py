"""What decides what a fetched document is: its bytes alone."""

from __future__ import annotations

from pipeline.settings.stage_spec import StageSpec

SPEC = StageSpec(version=1, libraries=(), inputs=lambda settings, versions: None)
SNAPSHOT_VERSION = 2
"""Raise it when listings change for a reason that no setting shows."""
