"""Who gets an answer: every path, with and without tokens, from this machine and from others."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from pipeline.errors import ConfigurationError
from pipeline.run.current import Run
from pipeline.settings.operation import WebSettings
from pipeline.settings.sections import Settings
from pipeline.web import tokens
from pipeline.web.access import OPEN
from pipeline.web.app import create_app
from pipeline.web.library.library import Library
from pipeline.web.server import WebServer
from pipeline.web.service import Service
from tests.support.samples_run import SamplesRun
from tests.web.conftest import run_over

PATHS = [
    "/",
    "/style.css",
    "/mcp",
    "/api/v1/openapi.json",
    "/api/v1/search?q=prazo",
    "/api/v1/documents",
    "/api/v1/documents/none",
    "/api/v1/documents/none/passages",
    "/api/v1/documents/none/pages/1.png",
    "/api/v1/documents/none/original",
    "/api/v1/quarantine",
    "/api/v1/status",
    "/api/v1/runs",
    "/api/v1/runs/none",
    "/api/v1/health/live",
    "/api/v1/health/ready",
    "/nothing",
]
HERE, ELSEWHERE = "127.0.0.1", "192.0.2.7"


@pytest.fixture(scope="module")
def run(samples_run: SamplesRun, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_over(samples_run.copy_to(tmp_path_factory.mktemp("access") / "data"))


@pytest.fixture(scope="module")
def given(run: Run) -> dict[str, str | None]:
    """What is sent -> the token."""
    right, revoked = tokens.create(run.data, "right"), tokens.create(run.data, "revoked")
    tokens.revoke(run.data, "revoked")
    return {"no": None, "wrong": "nic_" + "x" * 43, "empty": "", "revoked": revoked, "right": right}


def client_of(run: Run, address: str, **web: object) -> TestClient:
    settings = run.settings.model_copy(update={"web": WebSettings.model_validate(web)})
    library = Library(Run(settings, run.id))
    return TestClient(create_app(Service(library)), base_url="http://127.0.0.1", client=(address, 50000))


@pytest.fixture(scope="module", params=[HERE, ELSEWHERE])
def client(request: pytest.FixtureRequest, run: Run) -> Iterator[tuple[str, TestClient]]:
    with client_of(run, request.param) as made:
        yield request.param, made


def bearer(token: str | None) -> dict[str, str]:
    return {} if token is None else {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("sent", ["no", "wrong", "empty", "revoked", "right"])
def test_who_is_answered(client: tuple[str, TestClient], given: dict[str, str | None], sent: str, path: str) -> None:
    """As docs/serving.md says: on this machine none is needed, elsewhere a right one, and a wrong one never helps."""
    address, asking = client
    is_open = sent == "right" or (sent == "no" and (address == HERE or path in OPEN))
    method = "POST" if path == "/mcp" else "GET"  # where GET is answered by a stream
    status = asking.request(method, path, headers=bearer(given[sent])).status_code
    assert (status != 401) == is_open


def test_a_browser_sends_the_token_as_a_password(run: Run, given: dict[str, str | None]) -> None:
    client = client_of(run, ELSEWHERE)
    refused = client.get("/")
    assert refused.headers["www-authenticate"].startswith("Basic ")
    encoded = base64.b64encode(f"anyone:{given['right']}".encode()).decode()
    assert client.get("/", headers={"Authorization": f"Basic {encoded}"}).status_code == 200
    assert client.get("/", headers={"Authorization": "Basic !"}).status_code == 401


def test_a_token_opens_nothing_once_it_is_revoked(run: Run) -> None:
    client = client_of(run, ELSEWHERE)
    short = tokens.create(run.data, "short")
    assert client.get("/api/v1/status", headers=bearer(short)).status_code == 200
    tokens.revoke(run.data, "short")
    assert client.get("/api/v1/status", headers=bearer(short)).status_code == 401


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via", "X-Forwarded-Host"])
def test_what_a_proxy_hands_on_is_from_elsewhere(run: Run, header: str) -> None:
    assert client_of(run, HERE).get("/api/v1/status", headers={header: "192.0.2.7"}).status_code == 401


def test_tokens_can_be_asked_of_everybody(run: Run, given: dict[str, str | None]) -> None:
    client = client_of(run, HERE, tokens="always")
    assert client.get("/api/v1/status").status_code == 401
    assert client.get("/api/v1/status", headers=bearer(given["right"])).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        *("example.org", "127.0.0.1.example.org", "localhost.example.org", "evil@127.0.0.1", "127.0.0.1/x"),
        *("", "[::1", "a b", "intranet.example"),
    ],
)
def test_names_that_are_not_this_machine_s_are_refused(run: Run, host: str) -> None:
    answer = client_of(run, HERE).get("/", headers={"Host": host})
    assert (answer.status_code, answer.json()["code"]) == (421, "wrong_host")


@pytest.mark.parametrize("host", ["localhost", "localhost:8501", "127.0.0.1:9", "[::1]:8501", "LOCALHOST"])
def test_names_of_this_machine_are_answered(run: Run, host: str) -> None:
    assert client_of(run, HERE).get("/", headers={"Host": host}).status_code == 200


def test_a_name_of_its_own_needs_to_be_set_and_a_token(run: Run, given: dict[str, str | None]) -> None:
    client = client_of(run, HERE, names="busca.example.org")
    named = {"Host": "busca.example.org"}
    assert client.get("/", headers=named).status_code == 401
    assert client.get("/", headers={**named, **bearer(given["right"])}).status_code == 200


def test_pages_of_other_servers_ask_only_where_they_are_named(run: Run) -> None:
    other = {"Origin": "https://intranet.example.org"}
    assert client_of(run, HERE).get("/api/v1/status", headers=other).status_code == 403
    assert client_of(run, HERE).get("/api/v1/status", headers={"Origin": "null"}).status_code == 403
    assert client_of(run, HERE).get("/api/v1/status", headers={"Origin": "http://127.0.0.1"}).status_code == 200
    named = client_of(run, HERE, origins="https://intranet.example.org").get("/api/v1/status", headers=other)
    assert named.headers["access-control-allow-origin"] == "https://intranet.example.org"
    assert "access-control-allow-origin" not in client_of(run, HERE).get("/api/v1/status").headers


def test_a_named_page_elsewhere_asks_with_a_token(run: Run, given: dict[str, str | None]) -> None:
    origin = "https://intranet.example.org"
    client = client_of(run, ELSEWHERE, origins=origin)
    wanted = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
    first = client.options("/api/v1/status", headers={"Origin": origin, **wanted})
    assert first.status_code == 200
    assert "authorization" in first.headers["access-control-allow-headers"].lower()
    assert client.get("/api/v1/status", headers={"Origin": origin}).status_code == 401
    answer = client.get("/api/v1/status", headers={"Origin": origin, **bearer(given["right"])})
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == origin
    other = {"Origin": "https://example.com", **wanted}
    assert client.options("/api/v1/status", headers=other).status_code == 403


def test_a_token_that_asks_too_often_has_to_wait(run: Run, given: dict[str, str | None]) -> None:
    client = client_of(run, ELSEWHERE, requests_per_minute=3)
    statuses = [client.get("/api/v1/health/live", headers=bearer(given["right"])).status_code for _ in range(6)]
    assert statuses[:3] == [200, 200, 200]
    assert 429 in statuses[3:]
    refused = client.get("/api/v1/health/live", headers=bearer(given["right"]))
    assert int(refused.headers["retry-after"]) >= 1


def test_guessing_tokens_is_slowed_down(run: Run) -> None:
    client = client_of(run, ELSEWHERE, requests_per_minute=3)
    assert [client.get("/", headers=bearer(f"nic_{turn}")).status_code for turn in range(5)][-1] == 429


@pytest.mark.parametrize("announced", [True, False])
def test_a_request_that_is_too_large_is_refused(run: Run, announced: bool) -> None:
    content = b"x" * 100_000
    with client_of(run, HERE) as client:
        sent = content if announced else iter([content[:50_000], content[50_000:]])
        answer = client.post("/mcp", content=sent, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "request_too_large")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::"])  # noqa: S104 - it is refused
def test_without_a_token_it_listens_on_this_machine_alone(tmp_path: Path, host: str) -> None:
    with pytest.raises(ConfigurationError, match="nic token create"):
        WebServer(run_over(tmp_path), host, 0)


def test_a_port_in_use_is_told(tmp_path: Path) -> None:
    first = WebServer(run_over(tmp_path), "127.0.0.1", 0)
    with pytest.raises(
        ConfigurationError,
        match=rf"port {first.port} cannot be used: Address already in use \(127.0.0.1\); choose another --port",
    ):
        WebServer(run_over(tmp_path), "127.0.0.1", first.port)
    first.close()


def test_the_settings_name_no_token() -> None:
    assert "nic_" not in Settings().model_dump_json()
