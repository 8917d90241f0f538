"""How fast a GPU embeds: `python -m benchmarks gpu`, by hand, on a machine that has one (under 5 minutes on an H100).

One call of `SentenceTransformer.encode` per document, pooled, and our embed stage from files to files, side by side
on one model of bge-m3's size and 400 documents, against the GPU's measured peak in matrix multiplication.
NIC_BENCH_SMALL=1 runs everything at a hundredth of the size, also without a GPU: a trial, not a measurement.
"""

from __future__ import annotations

import functools
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.figures import Figure
from benchmarks.gpu_model import Size, write_chunks, write_model
from pipeline import embed, embedding_models
from pipeline.datadir import files
from pipeline.embed import packed, pooled
from pipeline.embed.torch_model import one_by_one
from pipeline.engine import Job, Place, open_engine
from pipeline.flow.embedding_pool import DOCUMENTS
from pipeline.schema import ChunkedDocument
from pipeline.settings.operation import EngineSettings
from pipeline.settings.sections import EmbeddingSettings, Settings

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

SMALL = Size(layers=2, hidden=64, heads=4, vocabulary=5_000, positions=600, documents=6, tokens=60)
TARGET, LATER_TARGET = 1000, 1500
say = functools.partial(print, flush=True)


class Bench:
    """The model folder, the documents and what was found so far."""

    def __init__(self, folder: Path, size: Size) -> None:
        import torch

        self.folder, self.size, self.device = folder, size, "cuda" if torch.cuda.is_available() else "cpu"
        self.settings = EmbeddingSettings(model_name=str(folder / "model"))
        self.figures: list[Figure] = []
        write_model(folder / "model", size, self.device)
        say("model written")
        self.files = write_chunks(folder, size)
        documents = [files.read_model(file, ChunkedDocument) for file in self.files]
        self.texts = [[chunk.embedded_text for chunk in document.chunks] for document in documents]
        self.pool = [text for texts in self.texts for text in texts]
        tokenizer = embedding_models.tokenizer(folder / "model")
        start = time.perf_counter()
        self.lengths = [len(encoding.ids) for encoding in tokenizer.encode_batch(self.pool)]
        seconds = time.perf_counter() - start
        say(f"{len(self.pool)} chunks, {np.mean(self.lengths):.0f} tokens on average, tokenised in {seconds:.2f} s")

    def timed(self, work: Callable[[], object]) -> tuple[float, object]:
        """Seconds until the GPU is done, and the result."""
        self.synchronise()
        start = time.perf_counter()
        result = work()
        self.synchronise()
        return time.perf_counter() - start, result

    def synchronise(self) -> None:
        if self.device == "cuda":
            import torch

            torch.cuda.synchronize()

    def model(self, dtype: torch.dtype) -> SentenceTransformer:
        from sentence_transformers import SentenceTransformer

        return SentenceTransformer(str(self.folder / "model"), device=self.device, model_kwargs={"dtype": dtype}).eval()

    def add(self, what: str, seconds: float, lengths: list[int], peak: float, target: int | None = None) -> None:
        speed, flops = len(lengths) / seconds, self.size.tera_flop(lengths) / seconds
        share = f", {flops / peak:.0%} of the peak" if peak else ""
        note = f"{seconds:.2f} s, {flops:,.0f} TFLOP/s{share}"
        goal, met = (f"at least {target}", speed >= target) if target else ("", None)
        self.figures.append(Figure(what=what, value=speed, unit="chunks/s", target=goal, met=met, note=note))
        say(*self.figures[-1].cells())


def run() -> list[Figure]:
    import torch

    is_small = os.environ.get("NIC_BENCH_SMALL") == "1"
    if not torch.cuda.is_available() and not is_small:
        return [Figure(what="gpu", value=0, unit="", note="this machine has no GPU")]
    os.environ["TOKENIZERS_PARALLELISM"] = "true"
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(Path(name), SMALL if is_small else Size())
        half = torch.float16 if bench.device == "cuda" else torch.float32
        peak = _peak(half) if bench.device == "cuda" else 0.0
        bench.figures.append(Figure(what="matrix multiplication, 8192 cubed", value=peak, unit="TFLOP/s"))
        say(*bench.figures[-1].cells())
        expected = _encode(bench, half, peak)
        _stage(bench, peak, expected)
        return bench.figures


def _peak(dtype: torch.dtype) -> float:
    import torch

    left, right = (torch.randn(8192, 8192, device="cuda", dtype=dtype) for _ in range(2))
    for _ in range(20):
        left @ right
    torch.cuda.synchronize()
    start = time.perf_counter()
    for _ in range(100):
        left @ right
    torch.cuda.synchronize()
    return 100 * 2 * 8192**3 / (time.perf_counter() - start) / 1e12


def _encode(bench: Bench, half: torch.dtype, peak: float) -> dict[str, np.ndarray]:
    """Times `encode`; returns one-by-one vectors of every 20th chunk, in fp32 and in half precision."""
    import torch

    model = bench.model(torch.float32)
    few = bench.texts[: len(bench.texts) // 10 + 1]
    model.encode(few[0], show_progress_bar=False)
    seconds, _ = bench.timed(lambda: [model.encode(texts, show_progress_bar=False) for texts in few])
    bench.add("encode, a call per document, fp32", seconds, bench.lengths[: sum(map(len, few))], peak)
    found = {"fp32": one_by_one(model, bench.pool[::20], "")}
    del model
    model = bench.model(half)
    model.encode(few[0], show_progress_bar=False)
    seconds, _ = bench.timed(lambda: [model.encode(texts, show_progress_bar=False) for texts in bench.texts])
    bench.add("encode, a call per document, fp16", seconds, bench.lengths, peak)
    seconds, _ = bench.timed(lambda: model.encode(bench.pool, batch_size=128, show_progress_bar=False))
    bench.add("encode, pooled, batch 128, fp16", seconds, bench.lengths, peak)
    seconds, rows = bench.timed(lambda: _pooled(bench, model, bench.pool, None))
    bench.add("ours, pooled, padded to a token budget, fp16", seconds, bench.lengths, peak)
    found["fp16"] = one_by_one(model, bench.pool[::20], "")
    _cosine(bench, "ours padded, cosine to one by one in fp16", np.asarray(rows)[::20], found["fp16"])
    packing = packed.for_model(model)
    if packing is None:
        bench.figures.append(Figure(what="packing", value=0, unit="", note="not possible here, see the log"))
        say(*bench.figures[-1].cells())
        return found
    _pooled(bench, model, bench.pool[:200], packing)
    seconds, _ = bench.timed(lambda: _pooled(bench, model, bench.pool, packing))
    bench.add("ours, pooled, packed, fp16", seconds, bench.lengths, peak)
    return found


def _pooled(bench: Bench, model: SentenceTransformer, texts: list[str], packing: packed.Packing | None) -> np.ndarray:
    return pooled.encode(model, texts, "", bench.settings.batch_tokens, packing)


def _stage(bench: Bench, peak: float, expected: dict[str, np.ndarray]) -> None:
    """The product's own stage, from chunks files to embeddings files, on the engine's warm GPU processes."""
    paths = [(file, file.with_suffix(".terms"), file.with_suffix(".npy")) for file in bench.files]
    alone = _through_engine(bench, paths, 1)
    bench.add("embed stage, files to files, one process", alone, bench.lengths, peak)
    seconds = _through_engine(bench, paths, EngineSettings().gpu_processes)
    bench.add("embed stage, files to files", seconds, bench.lengths, peak, TARGET)
    vectors = np.concatenate([np.load(target) for _, _, target in paths])
    for precision, rows in expected.items():
        _cosine(bench, f"embed stage, cosine to one by one in {precision}", vectors[::20], rows)
    speed = len(bench.pool) / seconds
    later = Figure(what="embed stage", value=speed, unit="chunks/s", target=f"at least {LATER_TARGET}")
    bench.figures.append(later.model_copy(update={"met": speed >= LATER_TARGET}))


def _through_engine(bench: Bench, paths: list[tuple[Path, Path, Path]], processes: int) -> float:
    """Seconds of the second of two passes: the first loads the models."""
    settings = Settings(engine=EngineSettings(gpu_processes=processes), embedding=bench.settings)
    engine = open_engine(settings)
    parts = [paths[begin : begin + DOCUMENTS] for begin in range(0, len(paths), DOCUMENTS)]
    for _ in range(2):
        for _, _, target in paths:
            target.unlink(missing_ok=True)
        start = time.perf_counter()
        for number, part in enumerate(parts):
            arguments = (part, bench.settings, bench.folder / "models")
            engine.submit(Job(str(number), embed.embed_documents, arguments, Place.GPU))
        outcomes = [engine.next() for _ in parts]
        seconds = time.perf_counter() - start
        assert not any(outcome.error or any(outcome.result) for outcome in outcomes), outcomes  # noqa: S101
    engine.close()
    return seconds


def _cosine(bench: Bench, what: str, rows: np.ndarray, expected: np.ndarray) -> None:
    cosines = (rows * expected).sum(axis=1)
    others = (expected[1:] * expected[:-1]).sum(axis=1).mean()
    figure = Figure(
        what=what,
        value=float(cosines.min()),
        unit="",
        target="at least 0.9999",
        met=bool(cosines.min() >= 0.9999),
        note=f"smallest; mean {cosines.mean():.6f}; between different chunks {others:.4f}",
    )
    bench.figures.append(figure)
    say(*figure.cells())


if __name__ == "__main__":
    run()
