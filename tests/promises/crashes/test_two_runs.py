"""Two runs that begin at the same time on one data directory end in the state of one."""

from __future__ import annotations

import json
import os
import signal

import pytest

from tests.promises.crashes.harness import Moment, Running, Site, derived
from tests.support.qdrant_server import QdrantServer

pytestmark = pytest.mark.slow


def complaints(running: Running) -> list[str]:
    return [line for line in running.text.splitlines() if "Qdrant" in line or "Traceback" in line]


def test_on_local_files_the_second_waits_for_the_first_or_says_in_a_line_that_it_cannot(site: Site) -> None:
    data = site.data_without("embeddings-*")
    first = site.start(data, NIC_ENGINE="inline")
    assert first.reach(Moment("qdrant/meta.json"))  # the lock is held by then; its own file is there before that
    first.process.send_signal(signal.SIGSTOP)  # for as long as the second needs to start
    hasty, patient = (site.start(data, "--qdrant-timeout-s", limit, NIC_ENGINE="inline") for limit in ("1", "300"))
    assert hasty.end() not in (0, -9)
    first.process.send_signal(signal.SIGCONT)
    waiting, logged, at_the_end = complaints(hasty)
    assert waiting.endswith("waiting up to 1 s for another process to let the local Qdrant files go")
    assert "another process is using the local Qdrant files" in logged
    assert at_the_end.startswith("NIC ETL: not finished · another process is using the local Qdrant files")
    assert first.process.poll() is None, "the second said so while the first was still at work"
    assert (first.end(), patient.end()) == (0, 0), first.text + patient.text
    assert site.flaws(data) == []
    assert "nothing to do" in site.run(data).text


def test_on_a_server_both_work_and_the_collection_is_exact(site: Site) -> None:
    data = site.data_without("embeddings-*")
    with QdrantServer() as server:
        both = [site.start(data, QDRANT_URL=server.url, NIC_ENGINE="inline") for _ in range(2)]
        assert [running.end() for running in both] == [0, 0], both[0].text + both[1].text
        verified = site.verify(data, QDRANT_URL=server.url)
        assert verified.exit_code == 0, verified.output
        assert "nothing to do" in site.run(data, QDRANT_URL=server.url).text
    expected, found = derived(site.undisturbed[0]), derived(data)
    of_files, of_server = (json.loads(files.pop("index/nic.json")) for files in (expected, found))
    assert {**of_server, "kept_by_server": of_files["kept_by_server"]} == of_files
    assert {name for name in expected if name.startswith("documents" + os.sep)} <= found.keys()
    assert [name for name in expected if name in found and expected[name] != found[name]] == []
