"""luigid answers its own page and its workers, and nobody who comes from elsewhere."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import luigi
import pytest

from pipeline import RunAll
from pipeline.scheduling.central import HEADERS
from tests.conftest import Workspace, forget_run
from tests.support.browser import needs_browser, open_browser
from tests.support.luigid import tasks_of

PAGE = "/static/visualiser/index.html"
HERE, OTHER = "http://127.0.0.1:{port}", "http://evil.example"


@pytest.fixture
def central(tmp_path: Path) -> Iterator[str]:
    """Port of a `nic scheduler`, which has told that it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    options = ["--port", port, "--state", str(tmp_path / "state.pickle"), "--name", "luigi.example"]
    command = [sys.executable, "-m", "pipeline", "scheduler", *options]
    with subprocess.Popen(command, env=dict(os.environ), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline().startswith(f"open http://127.0.0.1:{port}/")
        try:
            yield port
        finally:
            process.terminate()
    assert (tmp_path / "state.pickle").exists(), "it keeps its state"


def ask(port: str, path: str, method: str = "GET", **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=60)
    sent = {name.replace("_", "-"): value.format(port=port) for name, value in headers.items()}
    connection.request(method, path, headers={"Host": f"127.0.0.1:{port}", **sent})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


ASKED = [
    ("/api/is_pause_enabled", {}, 200),
    ("/api/is_pause_enabled", {"Host": "localhost:{port}"}, 200),
    ("/api/is_pause_enabled", {"Host": "luigi.example:{port}"}, 200),
    ("/api/is_pause_enabled", {"Origin": HERE, "Sec_Fetch_Site": "same-origin"}, 200),
    ("/api/is_pause_enabled", {"Sec_Fetch_Site": "none", "Sec_Fetch_Mode": "navigate"}, 200),
    ("/api/pause", {"Host": "evil.example"}, 421),
    ("/api/pause", {"Host": "evil.example:{port}"}, 421),
    ("/api/pause", {"Host": "127.0.0.1"}, 421),
    ("/api/pause", {"Origin": OTHER}, 421),
    ("/api/pause", {"Origin": "null"}, 421),
    ("/api/pause", {"Origin": "http://127.0.0.1:1"}, 421),
    ("/api/pause", {"Sec_Fetch_Site": "cross-site"}, 421),
    ("/api/pause", {"Sec_Fetch_Site": "same-site"}, 421),
    ("/api/pause", {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate"}, 421),
    ("/api/batch", {"Host": "evil.example"}, 421),
    ("/api/batch", {"Origin": OTHER}, 421),
    ("/api/batch", {"Sec_Fetch_Site": "cross-site"}, 421),
    (PAGE, {"Host": "evil.example:{port}"}, 421),
    (PAGE, {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate"}, 200),
    ("/nowhere", {}, 404),
]


def test_only_those_who_call_it_by_its_name_are_answered(central: str) -> None:
    for method in ("GET", "POST"):
        for path, headers, status in ASKED:
            if method == "POST" and not path.startswith("/api/"):
                continue
            answer = ask(central, path, method, **headers)
            assert (path, headers, answer.status) == (path, headers, status)
            assert {name: answer.getheader(name) for name in HEADERS} == HEADERS
    assert ask(central, "/api/is_pause_enabled").status == 200


def test_a_run_is_seen_on_it(workspace: Workspace, central: str) -> None:
    workspace.write("a.txt", "Portaria.")
    forget_run()
    url = f"http://127.0.0.1:{central}"
    assert luigi.build([RunAll()], scheduler_url=url, log_level="WARNING")  # type: ignore[no-untyped-call]
    assert {task["status"] for task in tasks_of(url).values()} == {"DONE"}


@pytest.mark.slow
@needs_browser
def test_its_page_works_and_asks_nobody_else(central: str) -> None:
    """Luigi's page has a font of another company; what shows it does without."""
    with open_browser() as browser:
        page = browser.new_page()
        errors, answered = [], set()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("response", lambda answer: answered.add(urlsplit(answer.url).netloc))
        page.on("requestfinished", lambda request: answered.add(urlsplit(request.url).netloc))
        page.goto(f"http://127.0.0.1:{central}{PAGE}")
        page.wait_for_selector("#taskList table, #taskTable")
        assert (errors, answered) == ([], {f"127.0.0.1:{central}"})
