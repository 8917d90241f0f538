"""What orchestration costs with very many documents whose stages do nothing: time, and memory of the planning process.

NIC_BENCHMARK_SIZES names other numbers of documents than 1,000, 10,000 and 100,000; luigid gets the first two tenths.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from benchmarks import fresh
from benchmarks.figures import Figure

SIZES = tuple(int(size) for size in os.environ.get("NIC_BENCHMARK_SIZES", "1000 10000 100000").split())
_LUIGID_SIZES = (1000, 5000)
_SERVERS = {
    "nic scheduler": ("-m", "pipeline", "scheduler"),
    "plain luigid": ("-c", "from luigi.cmdline import luigid; luigid()"),
}
Measured = dict[str, Any]


def run() -> list[Figure]:
    """For each size: cold, unchanged, one changed; every run is a process of its own."""
    cold, figures = {}, []
    for size in SIZES:
        with tempfile.TemporaryDirectory() as data:
            cold[size] = _run(size, Path(data))
            unchanged = _run(size, Path(data))
            changed = _run(size, Path(data), "--changed", str(size // 2))
        figures += _figures(size, cold[size], unchanged, changed)
    figures.append(_growth(cold))
    return [*figures, *_through_luigid()]


def _run(size: int, data: Path, *options: str) -> Measured:
    done = fresh.timed(sys.executable, ["benchmarks.dummy_run", str(size), str(data), *options], {})
    measured: Measured = json.loads(done.output.splitlines()[-1])
    fresh.say(f"{size:,} documents {' '.join(options)}: {measured['seconds']:.2f} s")
    if measured["status"] != "SUCCESS":
        raise RuntimeError(done.output)
    return measured


def _figures(size: int, cold: Measured, unchanged: Measured, changed: Measured) -> list[Figure]:
    def figure(what: str, value: float, unit: str, limit: float, note: str = "") -> Figure:
        is_judged = size == max(SIZES)
        target, met = (f"at most {limit:g} {unit}", value <= limit) if is_judged else ("", None)
        return Figure(what=f"{size:,} documents: {what}", value=value, unit=unit, target=target, met=met, note=note)

    note = f"{cold['seconds']:.1f} s; CPU {1000 * cold['cpu_s'] / size:.2f} ms"
    return [
        figure("orchestration of a document's five tasks", 1000 * cold["seconds"] / size, "ms", 5, note),
        figure("memory of the planning process", cold["peak_mb"], "MB", 500, "most resident"),
        figure("unchanged re-run, beyond the listing", unchanged["seconds"], "s", 5),
        figure("one changed document", changed["seconds"], "s", 10, "listing included; the stages do nothing"),
    ]


def _growth(cold: dict[int, Measured]) -> Figure:
    small, large = min(cold), max(cold)
    ratio = (cold[large]["seconds"] / large) / (cold[small]["seconds"] / small)
    what = f"cost of a document among {large:,} against {small:,}"
    return Figure(what=what, value=ratio, unit="times", target="at most 1.3 times", met=ratio <= 1.3)


def _through_luigid() -> list[Figure]:
    """Both servers in turns, as the machine's load changes."""
    return [figure for size in _LUIGID_SIZES for name in _SERVERS for figure in _through(name, size)]


def _through(name: str, size: int) -> list[Figure]:
    with _answering(_SERVERS[name]) as (address, server), tempfile.TemporaryDirectory() as data:
        before = _cpu_s(server)
        cold = _run(size, Path(data), "--scheduler", address)
        luigid_ms = 1000 * (_cpu_s(server) - before) / size
    run_ms = 1000 * cold["cpu_s"] / size
    cpu_ms, is_ours = run_ms + luigid_ms, name == "nic scheduler"
    return [
        Figure(
            what=f"{size:,} documents through {name}: CPU of a document's five tasks",
            value=cpu_ms,
            unit="ms",
            target="at most 10 ms" if is_ours else "",
            met=cpu_ms <= 10 if is_ours else None,
            note=f"run {run_ms:.2f} ms, start included; {name} {luigid_ms:.2f} ms",
        ),
        Figure(what="the same in time", value=1000 * cold["seconds"] / size, unit="ms"),
    ]


def _cpu_s(server: psutil.Process) -> float:
    times = server.cpu_times()
    return float(times.user + times.system)


@contextlib.contextmanager
def _answering(options: tuple[str, ...]) -> Iterator[tuple[str, psutil.Process]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as state:
        command = [sys.executable, *options, "--port", str(port), "--address", "127.0.0.1"]
        environment = os.environ | {"NIC_DATA_DIR": state}
        server = subprocess.Popen(
            command, cwd=fresh.ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            while socket.socket().connect_ex(("127.0.0.1", port)):
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}", psutil.Process(server.pid)
        finally:
            server.kill()
            server.wait()
