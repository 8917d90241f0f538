"""How fast a CPU embeds with each backend and precision, and what that costs in retrieval, side by side in one run.

`SentenceTransformer.encode` as it comes has the whole machine; ours runs as the product does: one process per core,
one thread each. Chunks are those of a judged corpus (benchmarks.dev_corpus); all take turns on slices of it.
"""

from __future__ import annotations

import functools
import multiprocessing
import os
import statistics
import time
from collections.abc import Iterable
from multiprocessing.pool import Pool
from typing import TYPE_CHECKING

import numpy as np

from benchmarks import dev_corpus
from benchmarks.figures import Figure
from pipeline import embed, embedding_models
from pipeline.errors import ConfigurationError
from pipeline.settings.sections import EmbeddingSettings

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BASELINE = "encode fp32 batch 32"
SLICES = 4
CANDIDATES = (("torch", "fp32"), ("torch", "bf16"), ("onnx", "fp32"), ("onnx", "int8"))
MODELS = dev_corpus.CACHE.absolute() / "models"


def run() -> list[Figure]:
    if not dev_corpus.CORPUS.is_dir():
        return [Figure(what="embedding", value=0, unit="", note="no corpus: name one in NIC_BENCH_CORPUS")]
    files = dev_corpus.chunk_files(dev_corpus.CORPUS, dev_corpus.CACHE)
    paths = [path for path, file in files.items() for _ in dev_corpus.texts(file)]
    texts = [text for file in files.values() for text in dev_corpus.texts(file)]
    settings = available()
    cores = len(os.sched_getaffinity(0))
    spawn = multiprocessing.get_context("spawn")
    with spawn.Pool(1) as whole, spawn.Pool(cores, _one_thread) as processes:
        found = take_turns(texts, settings, whole, processes, cores)
        questions = dev_corpus.questions(dev_corpus.CORPUS)
        asked = {
            name: np.concatenate(processes.map(_questions, [(one, part) for part in _parts(questions, cores)]))
            for name, one in settings.items()
        }
    answers = [question.path for part in _parts(questions, cores) for question in part]
    return list(_figures(found, asked, paths, answers))


def available() -> dict[str, EmbeddingSettings]:
    """Name -> settings of what this machine can run; bf16 only where the CPU computes in it."""
    auto = embedding_models.runtime(EmbeddingSettings(device="cpu"))
    found = {}
    for backend, precision in CANDIDATES:
        settings = EmbeddingSettings.model_validate({"device": "cpu", "backend": backend, "precision": precision})
        if precision == "bf16" and not embedding_models.computes_bf16():
            continue
        try:
            runtime = embedding_models.runtime(settings)
        except ConfigurationError:
            continue
        found[f"{backend} {precision}{' (auto)' if runtime == auto else ''}"] = settings
    return found


def take_turns(
    texts: list[str], settings: dict[str, EmbeddingSettings], whole: Pool, processes: Pool, cores: int
) -> dict[str, tuple[float, np.ndarray]]:
    """Name -> chunks/s and the vectors of all texts, in their order."""
    whole.apply(_encode, (texts[:1],))
    for one in settings.values():
        processes.map(_embed, [(one, texts[:1])] * cores * 2, chunksize=1)
    seconds = dict.fromkeys([BASELINE, *settings], 0.0)
    vectors = {name: np.empty((len(texts), 0)) for name in seconds}
    for number in range(SLICES):
        places = list(range(number, len(texts), SLICES))
        for name in seconds:
            start = time.perf_counter()
            if name == BASELINE:
                rows = whole.apply(_encode, ([texts[place] for place in places],))
            else:
                jobs = [(settings[name], [texts[place]]) for place in _longest_first(places, texts)]
                rows = np.concatenate(processes.map(_embed, jobs, chunksize=1))
                rows = rows[np.argsort(np.argsort([-len(texts[place]) for place in places], kind="stable"))]
            seconds[name] += time.perf_counter() - start
            if not vectors[name].size:
                vectors[name] = np.empty((len(texts), rows.shape[1]))
            vectors[name][places] = rows
            print(f"slice {number + 1} of {SLICES}: {name}, {seconds[name]:.1f} s", flush=True)  # noqa: T201
    return {name: (len(texts) / seconds[name], vectors[name]) for name in seconds}


def retrieval(chunks: np.ndarray, questions: np.ndarray, paths: list[str], answers: list[str], top: int) -> float:
    """Share of questions whose document is among the first `top` documents, ranked by their best chunk."""
    hits = 0
    for row, answer in zip(questions @ chunks.T, answers, strict=True):
        ranked = dict.fromkeys(paths[place] for place in np.argsort(-row, kind="stable"))
        hits += answer in list(ranked)[:top]
    return hits / len(answers)


def _figures(
    found: dict[str, tuple[float, np.ndarray]], asked: dict[str, np.ndarray], paths: list[str], answers: list[str]
) -> Iterable[Figure]:
    base_speed, base_vectors = found[BASELINE]
    yield Figure(what=BASELINE, value=base_speed, unit="chunks/s", note=f"{len(paths)} chunks, all cores")
    kept = [retrieval(base_vectors, asked["torch fp32"], paths, answers, top) for top in (1, 5)]
    for name, vectors in asked.items():
        speed, chunks = found[name]
        cosines = (chunks * base_vectors).sum(axis=1).tolist()
        hits = [retrieval(chunks, vectors, paths, answers, top) for top in (1, 5)]
        is_auto = name.endswith("(auto)")
        note = f"{speed:.3g} chunks/s, cosine {statistics.mean(cosines):.6f}, min {min(cosines):.6f}"
        yield Figure(
            what=f"{name} against {BASELINE}",
            value=speed / base_speed,
            unit="times",
            target="at least 2" if is_auto else "",
            met=speed >= 2 * base_speed if is_auto else None,
            note=note,
        )
        lost = 100 * max(before - now for before, now in zip(kept, hits, strict=True))
        yield Figure(
            what=f"{name}: retrieval lost to fp32",
            value=lost,
            unit="points",
            target="at most 0.5" if is_auto else "",
            met=lost <= 0.5 if is_auto else None,
            note=f"hit@1 {100 * hits[0]:.1f}, hit@5 {100 * hits[1]:.1f}, {len(answers)} questions",
        )


def _one_thread() -> None:
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = "1"
    os.environ["TOKENIZERS_PARALLELISM"] = "false"


def _embed(job: tuple[EmbeddingSettings, list[str]]) -> np.ndarray:
    settings, texts = job
    return embed.encode(texts, embedding_models.describe(settings, MODELS).document_prompt, settings, MODELS)


def _questions(job: tuple[EmbeddingSettings, list[dev_corpus.Question]]) -> np.ndarray:
    return embed.embed_queries([question.text for question in job[1]], job[0], MODELS)


@functools.cache
def _baseline() -> SentenceTransformer:
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(embedding_models.prepare(EmbeddingSettings(), MODELS)), device="cpu")


def _encode(texts: list[str]) -> np.ndarray:
    prompt = embedding_models.describe(EmbeddingSettings(), MODELS).document_prompt
    vectors: np.ndarray = _baseline().encode(
        texts, prompt=prompt, batch_size=32, normalize_embeddings=True, show_progress_bar=False
    )
    return vectors


def _longest_first(places: list[int], texts: list[str]) -> list[int]:
    return sorted(places, key=lambda place: -len(texts[place]))


def _parts(questions: list[dev_corpus.Question], count: int) -> list[list[dev_corpus.Question]]:
    return [questions[number::count] for number in range(count)]
