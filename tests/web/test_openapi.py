"""Requests that follow from the API's description, and some that do not: no server error, and answers as described."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import negative_data_rejection

from pipeline.web.server import WebServer

_ENDLESS = "/api/v1/events"


@pytest.fixture(scope="module")
def described(service: WebServer) -> object:
    return schemathesis.openapi.from_url(f"{service.address}api/v1/openapi.json")


api = schemathesis.pytest.from_fixture("described").exclude(path=_ENDLESS)


@api.parametrize()
@settings(max_examples=5, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None)
def test_every_answer_is_as_described(case: schemathesis.Case) -> None:
    case.call_and_validate(excluded_checks=[negative_data_rejection], timeout=120)


@pytest.mark.soak
@api.parametrize()
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck), database=None)
def test_every_answer_is_as_described_however_often_it_is_asked(case: schemathesis.Case) -> None:
    case.call_and_validate(excluded_checks=[negative_data_rejection], timeout=120)
