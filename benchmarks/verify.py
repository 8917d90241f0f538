"""What it costs this process to compare every stored point with its proof, and to compare only which points there are.

CPU time of a thousand points, in local mode and through HTTP against the tests' stand-in for a server, which runs in a
process of its own and is slow: it gets the first number of points only. What a real server and the network take comes
on top. NIC_BENCHMARK_POINTS names other numbers.
"""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection

import numpy as np

from benchmarks import fresh
from benchmarks.figures import Figure
from pipeline.embed import Vectors
from pipeline.publish import point_proof
from pipeline.run.records import StoredVersion
from pipeline.schema import Chunk, ChunkedDocument, Conversion, Document, Snapshot, document_id
from pipeline.settings.collection import QdrantSettings
from pipeline.settings.sections import PipelineSettings, Settings
from pipeline.store.collection import Store, open_store
from pipeline.store.connection import disconnect
from pipeline.store.differences import as_text
from pipeline.store.nic_schema import Payload
from pipeline.store.payload import payloads

SIZES = tuple(int(size) for size in os.environ.get("NIC_BENCHMARK_POINTS", "2000 10000").split())
_COLLECTION, _DIMENSION, _CHUNKS, _WORDS, _TERMS = "benchmark", 384, 20, 120, 80
_MOST_MS = 600  # a minute at 100,000 points
_VOCABULARY = [f"palavra{number}" for number in range(5000)]
Wanted = dict[str, StoredVersion]


def run() -> list[Figure]:
    """Both places, the two comparisons one after the other."""
    found = [_measure("in local mode", size, "") for size in SIZES]
    with _server() as url:
        found.append(_measure("through HTTP", SIZES[0], url))
    return [figure for figures in found for figure in figures]


def _measure(place: str, size: int, url: str) -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(pipeline=PipelineSettings(data_dir=folder), qdrant=QdrantSettings(url=url))
        store = open_store(settings, _COLLECTION)
        try:
            wanted = _fill(store, settings, size)
            quick = _cpu_s(lambda: point_proof.differences(store, wanted, point_proof.nothing))
            deep = _cpu_s(lambda: point_proof.differences(store, wanted))
        finally:
            disconnect(settings)
    fresh.say(f"{size:,} points {place}: {quick:.2f} s quick, {deep:.2f} s deep")
    return _figures(f"{size:,} points {place}", size, quick, deep)


def _figures(what: str, size: int, quick: float, deep: float) -> list[Figure]:
    each = 1e6 * deep / size
    return [
        Figure(what=f"{what}: which there are", value=1e6 * quick / size, unit="ms per 1,000", note="CPU"),
        Figure(
            what=f"{what}: each point itself",
            value=each,
            unit="ms per 1,000",
            target=f"< {_MOST_MS} ms",
            met=each < _MOST_MS,
            note=f"CPU; {deep / quick:.0f} times as much as which there are",
        ),
    ]


def _cpu_s(compare: Callable[[], Sequence[object]]) -> float:
    start = time.process_time()
    if found := compare():
        raise RuntimeError(f"{len(found)} differences, the first: {found[0]}")
    return time.process_time() - start


def _fill(store: Store, settings: Settings, size: int) -> Wanted:
    """Made-up documents of twenty chunks, each of 120 words and as long a vector as the bundled model's."""
    store.ensure_collection(_DIMENSION)
    random = np.random.default_rng(7)
    wanted: Wanted = {}
    for number in range(size // _CHUNKS):
        document = _document(number)
        points, vectors = _payloads(document, random, settings), _vectors(random)
        terms = [_terms(random) for _ in points]
        store.replace_document(document.document_id, points, vectors, terms)
        proof = as_text(store.proofs_of(points, vectors, terms))
        wanted[document.document_id] = StoredVersion(content_version="v", chunk_count=_CHUNKS, proof=proof)
    return wanted


def _document(number: int) -> Document:
    path = f"30-Aprovados/{number % 50:02d}/norma {number}.md"
    made = document_id("benchmark", path)
    return Document(document_id=made, path=path, blob_sha=f"{number:040x}", size_bytes=10_000, extension="md")


def _payloads(document: Document, random: np.random.Generator, settings: Settings) -> list[Payload]:
    texts = (" ".join(random.choice(_VOCABULARY, _WORDS)) for _ in range(_CHUNKS))
    chunks = tuple(Chunk(index=index, text=text, token_count=_WORDS) for index, text in enumerate(texts))
    return payloads(
        Snapshot(commit="c", source="folder", project="p", folder="30-Aprovados", documents=(document,)),
        document,
        Conversion(engine="text", versions={}, ocr_applied=False, quality_score=1),
        ChunkedDocument(chunks=chunks, language="pt-br", section_count=0, total_tokens=_WORDS * _CHUNKS),
        content_version="v",
        file_hash="a" * 64,
        collection=_COLLECTION,
        vector_dimension=_DIMENSION,
        settings=settings,
    )


def _vectors(random: np.random.Generator) -> Vectors:
    vectors = random.normal(size=(_CHUNKS, _DIMENSION))
    return np.ascontiguousarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype="<f4")


def _terms(random: np.random.Generator) -> dict[str, float]:
    words = random.choice(_VOCABULARY, _TERMS, replace=False)
    return {str(word): float(weight) for word, weight in zip(words, random.random(_TERMS), strict=True)}


@contextmanager
def _server() -> Iterator[str]:
    """The tests' stand-in for Qdrant, in another process."""
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        process.kill()
        process.join()


def _serve(to: Connection) -> None:
    from tests.support.qdrant_server import QdrantServer

    with QdrantServer() as server:
        to.send(server.url)
        time.sleep(24 * 3600)
