"""A run, the service and a search at once on the same local files: nobody waits, and nobody sees half of anything."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest

from tests.conftest import Workspace
from tests.support.paths import ROOT
from tests.support.samples_run import newcomer

QUESTION = "prazo do recurso"
DOCUMENTS = [f"Regras/{name}.md" for name in ("apelo", "multa", "prazo")]
_LONGEST_S = 120.0


@dataclass
class Readers:
    """Somebody who asks again and again, and somebody who follows the run, each in a thread."""

    address: str
    answers: list[tuple[str, frozenset[str]]] = field(default_factory=list)
    views: list[dict[str, Any]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        self.threads = [threading.Thread(target=target, daemon=True) for target in (self._ask, self._follow)]
        for thread in self.threads:
            thread.start()

    def commit(self) -> str:
        return str(httpx2.get(f"{self.address}api/v1/search", params={"q": "x"}, timeout=_LONGEST_S).json()["commit"])

    def _ask(self) -> None:
        with httpx2.Client(base_url=self.address, timeout=_LONGEST_S) as client:
            while not self.done.is_set():
                answer = client.get("api/v1/search", params={"q": QUESTION, "top_k": 20})
                if answer.status_code != 200:
                    self.failures.append(answer.text)
                    return
                found = answer.json()
                editions = {hit["text"].rpartition(" ")[2] for hit in found["hits"]}
                self.answers.append((found["commit"], frozenset(editions)))

    def _follow(self) -> None:
        with httpx2.stream("GET", f"{self.address}api/v1/events", timeout=_LONGEST_S) as stream:
            for line in stream.iter_lines():
                if line.startswith("data: "):
                    self.views.append(json.loads(line.removeprefix("data: ")))


def write(workspace: Workspace, edition: str) -> None:
    for path in DOCUMENTS:
        workspace.write(path, f"# Recurso\n\nO prazo do recurso é de dez dias úteis. Edição {edition}\n")


@pytest.fixture
def process(workspace: Workspace) -> Iterator[subprocess.Popen[str]]:
    write(workspace, "primeira")
    assert workspace.run_all().scheduling_succeeded
    command = [sys.executable, "-m", "pipeline", "serve", "--port", "0"]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**newcomer(workspace.data), "NIC_FOLDER_PATH": str(workspace.root)},
        stderr=subprocess.PIPE,
        text=True,
    ) as started:
        yield started
        started.terminate()


def search(workspace: Workspace) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "pipeline", "search", QUESTION, "--json"]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env={**newcomer(workspace.data), "NIC_FOLDER_PATH": str(workspace.root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(condition: Any) -> None:
    ends = time.monotonic() + _LONGEST_S
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.1)


@pytest.mark.slow
def test_run_service_and_search_go_on_at_once(workspace: Workspace, process: subprocess.Popen[str]) -> None:
    assert process.stderr
    readers = Readers(process.stderr.readline().strip())
    before = readers.commit()
    readers.start()
    wait_for(lambda: readers.answers and readers.views)
    write(workspace, "segunda")
    searching: list[subprocess.Popen[str]] = []
    assert workspace.run_all(meanwhile=lambda: searching.append(search(workspace))).scheduling_succeeded
    answer, said = searching[0].communicate(timeout=_LONGEST_S)
    assert "Exception ignored" not in said, "a reader closes what it opened before the interpreter ends"
    hits = json.loads(answer)
    assert {hit["path"].removeprefix("30-Aprovados/") for hit in hits} == set(DOCUMENTS)
    wait_for(lambda: readers.commit() != before)
    wait_for(lambda: frozenset({"segunda"}) in {editions for _, editions in readers.answers[-1:]})
    wait_for(lambda: readers.views[-1]["run_id"] == workspace.run.id and readers.views[-1]["state"] == "finished")
    readers.done.set()
    readers.threads[0].join(_LONGEST_S)
    process.terminate()
    readers.threads[1].join(_LONGEST_S)
    assert not any(thread.is_alive() for thread in readers.threads), "who follows is told that the service ends"
    assert readers.failures == []
    assert {editions for _, editions in readers.answers} == {frozenset({"primeira"}), frozenset({"segunda"})}
