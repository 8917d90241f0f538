"""What decides how a document is chunked."""

from __future__ import annotations

from pipeline import embedding_models
from pipeline.settings.stage_spec import StageSpec

SPEC = StageSpec(
    version=4,
    libraries=("docling-core", "py3langid"),
    inputs=lambda settings, versions: (
        versions,
        settings.chunking.model_dump(),
        embedding_models.identity(settings.embedding),  # whose tokens are counted
    ),
)
