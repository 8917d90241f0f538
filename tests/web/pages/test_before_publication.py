"""Before anything is published, the pages say so in their reader's language, and what to do."""

from __future__ import annotations

import http.client
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from pipeline.languages import PAGES
from pipeline.run.current import Run
from pipeline.settings.sections import PipelineSettings, Settings
from pipeline.web.app import create_app
from pipeline.web.library.library import Library
from pipeline.web.server import WebServer
from pipeline.web.service import Service
from tests.conftest import Workspace
from tests.support.web import serving


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    run = Run(Settings(pipeline=PipelineSettings(data_dir=str(tmp_path_factory.mktemp("empty")))), "r")
    run.data.create()
    with serving(run) as server:
        yield server


def read(server: WebServer, target: str, language: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("GET", target, headers={"Host": f"127.0.0.1:{server.port}", "Accept-Language": language})
    answer = connection.getresponse()
    status, text = answer.status, answer.read().decode()
    connection.close()
    return status, text


@pytest.mark.parametrize("target", ["/?q=prazo", "/documents"])
def test_a_question_is_told_what_to_do(empty: WebServer, target: str) -> None:
    status, text = read(empty, target, "pt-BR")
    assert status == 503
    assert "nada foi publicado" in text
    assert "execute <code>nic run</code> primeiro" in text
    assert "falharam" not in text, "no document has failed"
    status, text = read(empty, target, "en")
    assert status == 503
    assert "nothing is published" in text


def test_the_other_pages_answer(empty: WebServer) -> None:
    words = PAGES["pt"]
    assert read(empty, "/", "pt")[0] == 200
    assert words.quarantine_empty in read(empty, "/quarantine", "pt")[1]
    status, text = read(empty, "/status", "pt")
    assert status == 200
    assert words.no_runs in text
    assert "Nada foi publicado ainda. <code>nic run</code> publica." in text


def test_the_first_page_does_not_wait_for_the_collection(published: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    library = Library(published.run)

    def load() -> None:
        pytest.fail("the collection is loaded in the background")

    monkeypatch.setattr(library, "refresh", load)
    client = TestClient(create_app(Service(library)), base_url="http://127.0.0.1", client=("127.0.0.1", 50000))
    answer = client.get("/")
    assert answer.status_code == 200
    assert PAGES["pt"].button in answer.text or PAGES["en"].button in answer.text
