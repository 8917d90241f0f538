"""Which embedding model the settings name, where its files are, and what runs it. Importing this loads no model."""

from pipeline.embedding_models.card import (
    BUNDLED,
    ModelCard,
    describe,
    identity,
    prepare,
    runtime,
    tokenizer,
    vectors_identity,
)
from pipeline.embedding_models.runtime import Runtime, computes_bf16

__all__ = [
    "BUNDLED",
    "ModelCard",
    "Runtime",
    "computes_bf16",
    "describe",
    "identity",
    "prepare",
    "runtime",
    "tokenizer",
    "vectors_identity",
]
