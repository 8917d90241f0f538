"""Where a run's time goes, by the calls that its threads and processes are found in twenty times a second (py-spy)."""

from __future__ import annotations

import re
import sysconfig
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

_RATE = 20  # samples a second
_REST = "the rest"
_PARTS = {
    "export of the model": r"-m pipeline\.embed\.export ",
    "imports": r"<frozen importlib",
    "OCR": r"rapidocr/|rapid_ocr|convert/(ocr_stage|text_detection|text_recognition)\.py",
    "embedding": r"pipeline/embed/|sentence_transformers/|embeddings/huggingface",
    "store": r"qdrant_client/|pipeline/store/",
    "chunks": r"pipeline/chunk/|transforms/chunker|node_parser/docling",
    "other conversion": r"docling|pipeline/convert/",
}
"""What a call of the stack tells; the first that fits counts."""
_IDLE = re.compile(
    r"(wait\w*|_watch|_worker|pool_manager_loop|accept|select|poll|unix_poll|get|recv\w*|read_bytes|join)"
    r" \([\w/.]+\.py:\d+\)$"
)
"""Innermost calls of threads that wait for others."""


def command(python: Path | str, arguments: Sequence[str], samples: Path) -> list[str]:
    """`python -m …` under py-spy, which leaves its samples in a file."""
    spy = str(Path(sysconfig.get_path("scripts")) / "py-spy")
    options = ["--rate", str(_RATE), "--subprocesses", "--format", "raw", "--output", str(samples)]
    return [spy, "record", *options, "--", str(python), "-m", *arguments]


def seconds_by_part(samples: Path) -> dict[str, float]:
    """Thread-seconds of each part, the largest first; threads that wait are left out."""
    found: Counter[str] = Counter()
    for stack, count in _stacks(samples.read_text(encoding="utf-8", errors="replace").splitlines()):
        if not _IDLE.search(stack):
            found[_part(stack)] += count
    return {part: count / _RATE for part, count in found.most_common()}


def _stacks(lines: Iterable[str]) -> Iterable[tuple[str, int]]:
    for line in lines:
        stack, _, count = line.rpartition(" ")
        yield stack, int(count)


def _part(stack: str) -> str:
    return next((part for part, told in _PARTS.items() if re.search(told, stack)), _REST)
