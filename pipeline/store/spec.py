"""What decides what is stored of a document, besides the collection that it goes to."""

from __future__ import annotations

from pipeline.settings.stage_spec import StageSpec

SPEC = StageSpec(
    version=2,
    libraries=("qdrant-client",),
    inputs=lambda settings, versions: settings.pipeline.organization,
)
