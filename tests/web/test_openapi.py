"""Requests that follow from the API's description, and some that do not: no server error, and answers as described."""

from __future__ import annotations

import time
from typing import Any

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import negative_data_rejection

from pipeline.web.server import WebServer

PATHS = [
    "/search",
    "/documents",
    "/documents/{document_id}",
    "/documents/{document_id}/passages",
    "/documents/{document_id}/pages/{page}.png",
    "/documents/{document_id}/original",
    "/quarantine",
    "/status",
    "/runs",
    "/runs/{run_id}",
    "/health/live",
    "/health/ready",
]
ENDLESS = "/events"
PREFIX = "/api/v1"


@pytest.fixture(scope="module")
def api(service: WebServer) -> Any:
    until_ready(service)
    return schemathesis.openapi.from_url(f"{service.address}api/v1/openapi.json", wait_for_schema=60)


def until_ready(service: WebServer) -> None:
    """Until then a watchdog is answered 503, as described: what counts as a server's error everywhere else."""
    deadline = time.monotonic() + 120
    while httpx2.get(f"{service.address}api/v1/health/ready").status_code == 503:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def probe(api: Any, path: str, examples: int) -> None:
    """Ask one address so many times; what is described as invalid must not be accepted either."""

    @given(case=api[f"{PREFIX}{path}"]["GET"].as_strategy())
    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    def ask(case: Any) -> None:
        case.call_and_validate(excluded_checks=[negative_data_rejection], timeout=120)

    ask()


def test_every_address_is_probed(api: Any) -> None:
    assert {f"{PREFIX}{path}" for path in (*PATHS, ENDLESS)} == set(api.raw_schema["paths"])


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_is_as_described(api: Any, path: str) -> None:
    probe(api, path, 5)


@pytest.mark.soak
@pytest.mark.parametrize("path", PATHS)
def test_every_answer_is_as_described_however_often_it_is_asked(api: Any, path: str) -> None:
    probe(api, path, 200)
