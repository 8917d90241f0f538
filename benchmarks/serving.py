"""What the service adds to a question, and what it bears: many askers at once, and many connections that dawdle.

The collection has 10,000 chunks with vectors of chance on Qdrant's local files; questions go through the real model.
NIC_BENCHMARK_SECONDS is how long many ask at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import numpy as np
import psutil
from threadpoolctl import threadpool_limits

from benchmarks import fresh, workload
from benchmarks.figures import Figure
from benchmarks.query import write_documents
from pipeline.embedding_models import describe
from pipeline.run.current import Run
from pipeline.run.run_id import new_run_id
from pipeline.settings.sections import PipelineSettings, Settings
from pipeline.store.collection import open_store
from pipeline.store.connection import disconnect
from pipeline.web.library.library import Library
from tests.support.stored import make_document, make_payloads

_DOCUMENTS, _CHUNKS = 500, 20
_ADDED_MS = 10.0
_ASKERS, _SLOW = 100, 900
_SECONDS = float(os.environ.get("NIC_BENCHMARK_SECONDS", "60"))
_MB = 1_000_000


def run() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        questions = write_documents(Path(folder) / "documents")
        library = Library(Run(Settings(pipeline=PipelineSettings(data_dir=str(data))), new_run_id()))
        _store(library.run)
        library.warm()
        with threadpool_limits(1, "blas"), _service(data) as (address, process):  # as the service sets it for itself
            return [
                _added(library, address, questions),
                *asyncio.run(_many(address, process, questions)),
                _dawdled(address, questions),
            ]


def _store(run: Run) -> None:
    settings, random = run.settings, np.random.default_rng(7)
    dimension = describe(settings.embedding, run.data.models).dimension
    store = open_store(settings, run.fingerprints.collection)
    store.ensure_collection(dimension)
    for number in range(_DOCUMENTS):
        vectors = random.normal(size=(_CHUNKS, dimension)).astype("<f4")
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        document = make_document(f"{workload.FOLDER}/{number % 10:02d}/{number:03d}.pdf")
        payloads = make_payloads(document, _CHUNKS, settings=settings)
        terms = [{f"termo{number}": 1.0, f"parte{chunk}": 1.0} for chunk in range(_CHUNKS)]
        store.replace_document(document.document_id, payloads, vectors, terms)
    store.publish()
    disconnect(settings)
    fresh.say(f"{_DOCUMENTS * _CHUNKS} chunks stored")


@contextlib.contextmanager
def _service(data: Path) -> Iterator[tuple[str, psutil.Process]]:
    """`nic serve` in a process of its own, once it is ready."""
    command = [sys.executable, "-m", "pipeline", "serve", "--port", "0"]
    environment = {**os.environ, "NIC_DATA_DIR": str(data)}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        began = time.perf_counter()
        address = (process.stderr or sys.stdin).readline().strip()
        httpx2.get(address, timeout=60).raise_for_status()
        fresh.say(f"the first page came after {time.perf_counter() - began:.1f} s")
        with open(os.devnull, "w") as nowhere:  # noqa: PTH123
            drain = subprocess.Popen(["cat"], stdin=process.stderr, stdout=nowhere)
        while httpx2.get(f"{address}api/v1/health/ready", timeout=60).status_code != 200:
            time.sleep(0.2)
        yield address, psutil.Process(process.pid)
        process.terminate()
        drain.wait()


def _added(library: Library, address: str, questions: list[str]) -> Figure:
    with httpx2.Client(base_url=address, timeout=60) as client:

        def over_http(question: str) -> object:
            return client.get("api/v1/search", params={"q": question}).raise_for_status()

        both = [(_taken_ms(library.ask, question, 10), _taken_ms(over_http, question)) for question in questions]
    direct, served = (float(np.percentile(column, 95)) for column in zip(*both, strict=True))
    return Figure(
        what="p95 that the API adds to a question, 10,000 chunks",
        value=served - direct,
        unit="ms",
        target=f"≤ {_ADDED_MS:g}",
        met=served - direct <= _ADDED_MS,
        note=f"asked in turns: {served:.1f} ms over HTTP, {direct:.1f} ms by the library",
    )


async def _many(address: str, process: psutil.Process, questions: list[str]) -> list[Figure]:
    ends = time.perf_counter() + _SECONDS
    answered: list[int] = []
    memory_mb: list[float] = []

    async def ask(number: int) -> None:
        async with httpx2.AsyncClient(base_url=address, timeout=120) as client:
            while time.perf_counter() < ends:
                answer = await client.get("api/v1/search", params={"q": questions[number % len(questions)]})
                answered.append(answer.status_code)

    async def watch() -> None:
        while time.perf_counter() < ends:
            memory_mb.append(process.memory_info().rss / _MB)
            await asyncio.sleep(_SECONDS / 60)

    await asyncio.gather(watch(), *(ask(number) for number in range(_ASKERS)))
    errors = sum(status != 200 for status in answered)
    quarter = len(memory_mb) // 4
    grown = float(np.median(memory_mb[-quarter:]) - np.median(memory_mb[quarter : 2 * quarter]))
    return [
        Figure(
            what=f"errors, {_ASKERS} clients at once for {_SECONDS:.0f} s",
            value=errors,
            unit="",
            target="0",
            met=not errors,
            note=f"{len(answered)} answers, {len(answered) / _SECONDS:.0f} a second",
        ),
        Figure(
            what="memory that the service grew by, from the second quarter to the last",
            value=grown,
            unit="MB",
            target="< 20",
            met=grown < 20,
            note=f"of {memory_mb[-1]:.0f} MB",
        ),
    ]


def _dawdled(address: str, questions: list[str]) -> Figure:
    """Connections that send a head without an end, while somebody asks."""
    host, port = address.removeprefix("http://").strip("/").split(":")
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(socket.create_connection((host, int(port)))) for _ in range(_SLOW)]
        for each in slow:
            each.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        with httpx2.Client(base_url=address, timeout=60) as client:

            def ask(question: str) -> object:
                return client.get("api/v1/search", params={"q": question}).raise_for_status()

            taken = [_taken_ms(ask, question) for question in questions]
    return Figure(
        what=f"a question beside {_SLOW} connections that never finish their request",
        value=float(np.percentile(taken, 95)),
        unit="ms",
        note=f"95 of 100 within; all {len(taken)} answered",
    )


def _taken_ms(what: Callable[..., object], *asked: object) -> float:
    start = time.perf_counter()
    what(*asked)
    return 1000 * (time.perf_counter() - start)
