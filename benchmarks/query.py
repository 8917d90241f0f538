"""How long a question takes in a warm process, on Qdrant's local files, with 10,000 chunks.

The documents are made up of the samples' words, common ones more often, and go through the main job as any others.
"""

from __future__ import annotations

import re
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks import fresh, workload
from benchmarks.figures import Figure
from pipeline.schema import Method
from pipeline.search import Options, search
from pipeline.settings.sections import PipelineSettings, Settings
from pipeline.store.connection import disconnect
from pipeline.store.filters import Filters

_DOCUMENTS, _SECTIONS, _WORDS = 500, 20, 60
_QUESTIONS, _QUESTION_WORDS, _TOP_K = 100, 6, 10
_TARGET_MS = 100.0
_SAMPLES = workload.ROOT / "data" / "samples" / workload.FOLDER
_FOLDERS = 10


def _folder(number: int) -> str:
    return f"{number % _FOLDERS:02d}"


def _within(number: int) -> Options:
    return Options(filters=Filters(path=_folder(number)))


_WAYS: dict[str, tuple[Method, Callable[[int], Options]]] = {
    "by meaning and words (the default)": (Method.HYBRID, lambda _: Options()),
    "by meaning": (Method.DENSE, lambda _: Options()),
    "by words": (Method.SPARSE, lambda _: Options()),
    "both, always in the same folder": (Method.HYBRID, lambda _: _within(0)),
    "both, in another folder each time": (Method.HYBRID, _within),
    "both, the best chunk of each document": (Method.HYBRID, lambda _: Options(by_document=True)),
    "both, with the chunks around each hit": (Method.HYBRID, lambda _: Options(neighbours=1)),
}


def run() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        root, data = Path(folder) / "root", Path(folder) / "data"
        texts = write_documents(root / workload.FOLDER)
        data.mkdir()
        seconds = fresh.run_all(root, data)
        points = fresh.summary(data).points
        fresh.say(f"{points} chunks stored in {seconds:.0f} s")
        settings = Settings(pipeline=PipelineSettings(data_dir=data))
        try:
            return [_figure(name, points, _measure(texts, settings, *way)) for name, way in _WAYS.items()]
        finally:
            disconnect(settings)


def write_documents(folder: Path) -> list[str]:
    """Markdown files in ten folders; returns questions made of the words of single sections."""
    random = np.random.default_rng(7)
    words = _vocabulary()
    often = 1 / np.arange(1, len(words) + 1)  # Zipf's law
    often /= often.sum()
    questions = []
    for document in range(_DOCUMENTS):
        sections = [random.choice(words, _WORDS, p=often) for _ in range(_SECTIONS)]
        text = "\n".join(f"## {' '.join(one[:4])}\n\n{' '.join(one)}.\n" for one in sections)
        file = folder / _folder(document) / f"{document:03d}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        questions.append(" ".join(random.choice(sections[0], _QUESTION_WORDS, replace=False)))
    return questions[:_QUESTIONS]


def _vocabulary() -> list[str]:
    """Words of the samples that are plain text, the most frequent first."""
    plain = (file for file in sorted(_SAMPLES.rglob("*")) if file.suffix in {".md", ".txt", ".html"})
    text = "\n".join(file.read_text(encoding="utf-8", errors="ignore") for file in plain)
    words = re.findall(r"[^\W\d_]{2,}", re.sub(r"<[^>]*>", " ", text).lower())
    found, counts = np.unique(words, return_counts=True)
    return [str(word) for word in found[np.argsort(-counts, kind="stable")]]


def _measure(
    questions: list[str], settings: Settings, method: Method, options: Callable[[int], Options]
) -> list[float]:
    """Milliseconds of each question, after one that loads what is needed."""

    def ask(number: int) -> float:
        start = time.perf_counter()
        search([questions[number]], _TOP_K, settings, method, options(number))
        return 1000 * (time.perf_counter() - start)

    ask(0)
    return [ask(number) for number in range(len(questions))]


def _figure(way: str, points: int, taken: list[float]) -> Figure:
    median, slow = statistics.median(taken), float(np.percentile(taken, 95))
    return Figure(
        what=f"a question {way}, {points:,} chunks in local mode",
        value=median,
        unit="ms",
        target=f"< {_TARGET_MS:g}",
        met=slow < _TARGET_MS,
        note=f"median; 95 of 100 within {slow:.0f} ms; the model, fusion and payloads included",
    )
