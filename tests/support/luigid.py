"""A central scheduler of our own, and what its visualiser shows."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

STARTER = """
import sys, tornado.ioloop
from luigi.cmdline import luigid
every_ms, made = float(sys.argv.pop(1)) * 1000, tornado.ioloop.PeriodicCallback
tornado.ioloop.PeriodicCallback = lambda callback, _: made(callback, every_ms)  # Luigi writes its minute out
luigid(sys.argv[1:])
"""


@pytest.fixture
def luigid(tmp_path: Path) -> Iterator[str]:
    """The address of a central scheduler of our own."""
    with luigid_at(tmp_path / "luigid.pickle", dict(os.environ)) as address:
        yield address


@contextlib.contextmanager
def luigid_at(state: Path, environment: dict[str, str], looks_every_s: float = 60) -> Iterator[str]:
    """The address of Luigi's own central scheduler, which looks every so many seconds which workers are gone."""
    options = ["-c", STARTER, str(looks_every_s), "--address", "127.0.0.1", "--state-path", str(state)]
    with _answering(options, environment) as address:
        yield address


@contextlib.contextmanager
def nic_scheduler_at(state: Path, environment: dict[str, str]) -> Iterator[str]:
    """The address of `nic scheduler`, which takes many calls in one request."""
    with _answering(["-m", "pipeline", "scheduler", "--state", str(state)], environment) as address:
        yield address


@contextlib.contextmanager
def _answering(options: list[str], environment: dict[str, str]) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, *options, "--port", str(port)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        url = f"http://127.0.0.1:{port}"
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{url}/static/visualiser/index.html", timeout=5).close()  # noqa: S310
                break
            except OSError:
                time.sleep(0.2)
        try:
            yield url
        finally:
            process.terminate()


def workers_of(luigid: str) -> list[Any]:
    """The workers that the scheduler knows."""
    found: list[Any] = json.loads(_ask(luigid, "/api/worker_list"))["response"]
    return found


def tasks_of(luigid: str) -> dict[str, Any]:
    """Task id -> what the list of tasks shows of it."""
    found: dict[str, Any] = json.loads(_ask(luigid, "/api/task_list", status="", upstream_status=""))["response"]
    return found


def graph_of(luigid: str) -> dict[str, Any]:
    """Task id -> what is known of it, with what it depends on."""
    found: dict[str, Any] = json.loads(_ask(luigid, "/api/graph"))["response"]
    return found


def _ask(luigid: str, path: str, **data: Any) -> str:
    query = urllib.parse.urlencode({"data": json.dumps(data)})
    with urllib.request.urlopen(f"{luigid}{path}?{query}", timeout=30) as answer:  # noqa: S310 - our own
        return str(answer.read().decode())


def pages(luigid: str) -> str:
    """What the visualiser shows: the page itself, workers, all tasks with their parameters, graphs and errors."""

    def ask(path: str, **data: Any) -> str:
        return _ask(luigid, path, **data)

    tasks = tasks_of(luigid)
    assert any(name.startswith("FetchDocument") for name in tasks)
    shown = [json.dumps(tasks), ask("/static/visualiser/index.html"), ask("/api/worker_list")]
    for name in tasks:
        shown += [ask("/api/fetch_error", task_id=name), ask("/api/get_task_status_message", task_id=name)]
        shown.append(ask("/api/dep_graph", task_id=name))
    return "".join(shown)
