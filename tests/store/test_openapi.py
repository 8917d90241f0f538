"""The check of requests against Qdrant's API description finds what a server would refuse or silently ignore."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.support.openapi import answer_problems, request_problems
from tests.support.qdrant_server import QdrantServer

NIC = "/collections/nic"
QUERY = f"{NIC}/points/query/batch"
SEARCH = {"query": [0.5, 0.5], "using": "dense", "limit": 3, "params": {"quantization": {"rescore": True}}}


def problems(method: str, path: str, body: dict[str, Any] | None = None, **query: str) -> list[str]:
    return list(request_problems(method, path, {name: [value] for name, value in query.items()}, body))


@pytest.mark.parametrize(
    ("method", "path", "body", "query"),
    [
        ("GET", NIC, None, {}),
        ("GET", "/aliases", None, {}),
        ("PUT", f"{NIC}/index", {"field_name": "status", "field_schema": "keyword"}, {"wait": "true"}),
        ("POST", QUERY, {"searches": [SEARCH, {"prefetch": [SEARCH], "query": {"fusion": "dbsf"}}]}, {"timeout": "3"}),
        ("PATCH", NIC, {"quantization_config": "Disabled", "hnsw_config": {"m": 32}}, {}),
    ],
)
def test_what_the_description_allows_passes(
    method: str, path: str, body: dict[str, Any] | None, query: dict[str, str]
) -> None:
    assert problems(method, path, body, **query) == []


@pytest.mark.parametrize(
    ("method", "path", "body", "query"),
    [
        ("GET", "/collection/nic", None, {}),
        ("POST", NIC, {}, {}),
        ("POST", QUERY, None, {}),
        ("GET", NIC, {}, {}),
        ("POST", QUERY, {"searches": [SEARCH]}, {"time_out": "3"}),
        ("POST", QUERY, {"searches": [SEARCH]}, {"timeout": "soon"}),
        ("POST", QUERY, {"searches": [SEARCH]}, {"timeout": "0"}),
        ("POST", QUERY, {"searches": [SEARCH | {"limits": 3}]}, {}),
        ("POST", QUERY, {"searches": [SEARCH | {"limit": "3"}]}, {}),
        ("POST", QUERY, {"searches": [SEARCH | {"params": {"quantization": {"oversample": 2}}}]}, {}),
        ("POST", QUERY, {"searches": [{"query": {"fusion": "sum"}}]}, {}),
        ("PATCH", NIC, {"hnsw_config": {"ef": 32}}, {}),
        ("PATCH", NIC, {"quantization_config": None, "hnsw_config": {"ef_construct": 3}}, {}),
        ("PUT", f"{NIC}/index", {"field_schema": "keyword"}, {}),
    ],
)
def test_what_it_does_not_name_or_allow_is_a_problem(
    method: str, path: str, body: dict[str, Any] | None, query: dict[str, str]
) -> None:
    assert problems(method, path, body, **query)


def test_an_answer_of_another_shape_is_a_problem() -> None:
    answer = {"status": "ok", "time": 0.0, "result": {"count": 3}}
    path = f"{NIC}/points/count"
    assert list(answer_problems("POST", path, answer)) == []
    assert list(answer_problems("POST", path, answer | {"result": {"count": "3"}}))
    assert list(answer_problems("POST", path, answer | {"result": {"points": 3}}))


def test_a_test_fails_when_its_server_got_a_wrong_request_that_nobody_looked_at() -> None:
    with pytest.raises(AssertionError, match="limits"), QdrantServer() as server:
        httpx.post(f"{server.url}{QUERY}", json={"searches": [SEARCH | {"limits": 3}]})


def test_a_filter_on_a_field_without_an_index_is_a_wrong_request() -> None:
    wanted = {"must": [{"key": "reviewer", "match": {"value": "Ana"}}, {"key": "status", "match": {"value": "draft"}}]}
    with pytest.raises(AssertionError, match=r"\['reviewer'\]"), QdrantServer() as server:
        httpx.put(f"{server.url}{NIC}", json={"vectors": {"dense": {"size": 2, "distance": "Cosine"}}})
        httpx.put(f"{server.url}{NIC}/index", json={"field_name": "status", "field_schema": "keyword"})
        assert httpx.post(f"{server.url}{NIC}/points/count", json={"filter": wanted}).is_success
