"""What decides a vector: the model, what runs it, and its precision; the library's version is part of that."""

from __future__ import annotations

from pipeline import embedding_models
from pipeline.settings.stage_spec import StageSpec

SPEC = StageSpec(
    version=1,
    libraries=("sentence-transformers",),
    inputs=lambda settings, versions: embedding_models.vectors_identity(settings.embedding),
)
