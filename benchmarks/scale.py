"""What orchestration costs with very many documents whose stages do nothing: time, and memory of the planning process.

NIC_BENCHMARK_SIZES names other numbers of documents than 1,000, 10,000 and 100,000. Of more than that, the first run
finds all documents stored already (`benchmarks.filled`), as storing a million takes hours.
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
_MOST_STORED = 100_000
Measured = dict[str, Any]


def run() -> list[Figure]:
    """For each size: cold, unchanged, one changed; every run is a process of its own."""
    cold: dict[int, Measured] = {}
    figures: list[Figure] = []
    for size in SIZES:
        with tempfile.TemporaryDirectory() as data:
            first = _run(size, Path(data), *["--filled"] * (size > _MOST_STORED))
            cold |= {size: first} if size <= _MOST_STORED else {}
            unchanged = _run(size, Path(data))
            changed = _run(size, Path(data), "--changed", str(size // 2))
        figures += _figures(size, first, unchanged, changed)
    return [*figures, *([_growth(cold)] if cold else []), *_through_luigid()]


def _run(size: int, data: Path, *options: str) -> Measured:
    done = fresh.timed(sys.executable, ["benchmarks.dummy_run", str(size), str(data), *options], {})
    measured: Measured = json.loads(done.output.splitlines()[-1])
    fresh.say(f"{size:,} documents {' '.join(options)}: {measured['seconds']:.2f} s")
    if measured["status"] != "SUCCESS":
        raise RuntimeError(done.output)
    return measured


def _figures(size: int, first: Measured, unchanged: Measured, changed: Measured) -> list[Figure]:
    most_mb, unchanged_s, changed_s = (150, 1, 10) if size <= _MOST_STORED else (1000, 30, 30)

    def figure(what: str, value: float, unit: str, limit: float, note: str = "") -> Figure:
        is_judged = size == max(SIZES)
        target, met = (f"at most {limit:g} {unit}", value <= limit) if is_judged else ("", None)
        return Figure(what=f"{size:,} documents: {what}", value=value, unit=unit, target=target, met=met, note=note)

    note = f"{first['seconds']:.1f} s; CPU {1000 * first['cpu_s'] / size:.2f} ms"
    what = "orchestration of a document's five tasks" if size <= _MOST_STORED else "planning and publishing a document"
    resident = f"most resident before the report, {first['peak_mb']:.0f} MB with it; the source's listing is its own"
    return [
        figure(what, 1000 * first["seconds"] / size, "ms", 5, note),
        figure("memory of the planning process", first["planned_mb"], "MB", most_mb, resident),
        figure("unchanged re-run, beyond the listing", unchanged["seconds"], "s", unchanged_s),
        figure("one changed document", changed["seconds"], "s", changed_s, "listing included; the stages do nothing"),
    ]


def _growth(cold: dict[int, Measured]) -> Figure:
    """Of those runs that stored their documents."""
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
