"""What both peers are given alike: a Docling converter, this pipeline's embedding model and its size of chunks.

Runs in the peers' environment, on their side of the comparison.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable

from docling_core.transforms.chunker.hybrid_chunker import HybridChunker
from docling_core.transforms.chunker.tokenizer.huggingface import HuggingFaceTokenizer

from pipeline.settings.sections import ChunkingSettings

MODEL = os.environ.get("NIC_BENCHMARK_MODEL", "")
"""Folder of the embedding model."""
PROMPT = "passage: "
DIMENSION = 384
COLLECTION = "nic"
Counts = tuple[int, int]


def chunker() -> HybridChunker:
    """Docling's own; it has no overlap, so a peer embeds fewer tokens than this pipeline does."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(MODEL, local_files_only=True)
    size = ChunkingSettings().target_chunk_size
    return HybridChunker(tokenizer=HuggingFaceTokenizer(tokenizer=tokenizer, max_tokens=size))


def report(work: Callable[[], Counts]) -> None:
    """Print one line of JSON: seconds of the work without imports, documents and chunks in the collection."""
    start = time.perf_counter()
    documents, chunks = work()
    seconds = round(time.perf_counter() - start, 3)
    sys.stdout.write(json.dumps({"seconds": seconds, "documents": documents, "chunks": chunks}) + "\n")
