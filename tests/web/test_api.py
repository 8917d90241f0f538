"""What the API answers, as its own description says it, and as `nic search` does."""

from __future__ import annotations

import hashlib
import inspect
import io
import json
import re
import socket
from typing import Any

import httpx2
import pytest
from jsonschema_rs import is_valid
from PIL import Image
from pydantic import BaseModel, ValidationError

from pipeline.cli.search import search as search_command
from pipeline.schema import Method
from pipeline.search import Filters, Options, search
from pipeline.web import answers, examples
from pipeline.web.guard import HEADERS
from pipeline.web.library.cards import Card
from pipeline.web.library.library import Library
from pipeline.web.query import SearchQuery
from pipeline.web.server import WebServer

QUESTIONS = [
    "Com que antecedência devo pedir férias?",
    "prazo de resposta a incidentes de segurança",
    "Who answers a security incident?",
    "reembolso de despesas de viagem",
]


@pytest.fixture(scope="module")
def client(service: WebServer) -> httpx2.Client:
    return httpx2.Client(base_url=f"{service.address}api/v1", timeout=120)


def get(client: httpx2.Client, address: str, **asked: Any) -> Any:
    answer = client.get(address, params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def a_card(library: Library, extension: str) -> Card:
    return next(card for card in library.edition().cards.values() if card.extension == extension)


@pytest.mark.parametrize("method", list(Method))
@pytest.mark.parametrize("question", QUESTIONS)
def test_a_search_gives_the_hits_scores_and_order_of_the_command(
    client: httpx2.Client, library: Library, question: str, method: Method
) -> None:
    found = get(client, "/search", q=question, method=method, top_k=7)
    (expected,) = search([question], 7, library.run.settings, method)
    assert found["hits"] == [hit.model_dump(mode="json") for hit in expected]
    assert found["commit"] == library.edition().commit


def test_a_search_takes_every_option_of_the_command(client: httpx2.Client, library: Library) -> None:
    asked = {"q": QUESTIONS[0], "path": "Políticas", "language": "pt", "by_document": True, "neighbours": 2}
    found = get(client, "/search", **asked, type=["policy", "other"], status="approved", latest=True, min_coverage=0.5)
    filters = Filters(
        path="Políticas",
        language="pt",
        document_type=("policy", "other"),
        status=("approved",),
        is_latest=True,
        min_text_coverage=0.5,
    )
    options = Options(filters=filters, by_document=True, neighbours=2)
    (expected,) = search([QUESTIONS[0]], 10, library.run.settings, options=options)
    assert expected
    assert found["hits"] == [hit.model_dump(mode="json") for hit in expected]


def test_no_option_of_the_command_is_missing() -> None:
    options = set(inspect.signature(search_command).parameters) - {"text", "as_json", "queries", "out"}
    of_the_api = {{"type": "document_type"}.get(name, name) for name in SearchQuery.model_fields}
    assert of_the_api == {"q"} | options


def test_documents_are_listed_selected_and_counted(client: httpx2.Client, library: Library) -> None:
    cards = library.edition().cards
    everything = get(client, "/documents", count=500)
    assert [found["path"] for found in everything["documents"]] == sorted(card.path for card in cards.values())
    assert sum(everything["facets"]["document_type"].values()) == everything["total"] == len(cards)
    some = get(client, "/documents", folder="politicas", order="newest", count=1)
    assert some["total"] == sum("/Políticas/" in card.path for card in cards.values())
    assert len(some["documents"]) == 1
    assert get(client, "/documents", text="FERIAS")["total"] >= 1
    assert get(client, "/documents", first=10_000)["documents"] == []


def test_a_document_has_its_outline_and_all_its_passages(client: httpx2.Client, library: Library) -> None:
    card = a_card(library, "docx")
    detail = get(client, f"/documents/{card.document_id}")
    assert detail["document"]["path"] == card.path
    found = get(client, f"/documents/{card.document_id}/passages", count=500)
    assert [passage["index"] for passage in found["passages"]] == list(range(card.chunks))
    headings = [heading for passage in found["passages"] for heading in passage["headings"]]
    assert [section["title"] for section in detail["outline"]] == list(dict.fromkeys(headings))
    part = get(client, f"/documents/{card.document_id}/passages", first=1, count=1)
    assert part == {"total": card.chunks, "passages": found["passages"][1:2]}


def test_an_original_is_given_byte_by_byte(client: httpx2.Client, library: Library) -> None:
    for card in library.edition().cards.values():
        answer = client.get(f"/documents/{card.document_id}/original")
        content = answer.content
        blob = b"blob %d\0" % len(content) + content
        sha = hashlib.sha1(blob, usedforsecurity=False).hexdigest()
        assert sha == library.edition().documents[card.document_id].blob_sha


def test_an_original_is_never_run_by_a_browser(client: httpx2.Client, library: Library) -> None:
    for card in library.edition().cards.values():
        headers = client.get(f"/documents/{card.document_id}/original").headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert "html" not in headers["content-type"]
        assert "svg" not in headers["content-type"]
        shown = card.extension in ("pdf", "png", "jpg", "jpeg", "txt")
        assert headers["content-disposition"].startswith("inline" if shown else "attachment")
        assert ("sandbox" in headers["content-security-policy"]) == (card.extension != "pdf")


def test_a_page_is_a_picture_that_frames_the_passage(client: httpx2.Client, library: Library) -> None:
    card = a_card(library, "pdf")
    answer = client.get(f"/documents/{card.document_id}/pages/1.png", params={"passage": 0})
    assert answer.headers["content-type"] == "image/png"
    colours = Image.open(io.BytesIO(answer.content)).convert("RGB").getcolors(1_000_000) or ()
    assert (0xC2, 0x41, 0x0C) in {colour for _, colour in colours}
    assert client.get(f"/documents/{card.document_id}/pages/9999.png").status_code == 404
    assert client.get(f"/documents/{a_card(library, 'docx').document_id}/pages/1.png").status_code == 404


def test_a_passage_that_is_not_on_the_page_has_no_picture_there(client: httpx2.Client, library: Library) -> None:
    long = next(card for card in library.edition().cards.values() if card.extension == "pdf" and card.page_count != 1)
    found = get(client, f"/documents/{long.document_id}/passages", count=500)["passages"]
    elsewhere = next(passage["index"] for passage in found if passage["page_numbers"] == [2])
    for page, passage, status in ((2, elsewhere, 200), (1, elsewhere, 404), (1, long.chunks, 404), (1, 9999, 404)):
        answer = client.get(f"/documents/{long.document_id}/pages/{page}.png", params={"passage": passage})
        assert answer.status_code == status


@pytest.mark.parametrize("part", ["", "/passages", "/original", "/pages/1.png"])
def test_what_the_asker_has_already_is_not_given_again(client: httpx2.Client, library: Library, part: str) -> None:
    address = f"/documents/{a_card(library, 'pdf').document_id}{part}"
    first = client.get(address)
    again = client.get(address, headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert client.get(address, headers={"If-None-Match": '"other"'}).status_code == 200
    assert client.get(address, headers={"If-None-Match": "*"}).status_code == 304


@pytest.mark.parametrize("part", ["/pages/9999.png", "/pages/1.png?passage=9999"])
def test_a_picture_that_is_not_there_is_never_unchanged(client: httpx2.Client, library: Library, part: str) -> None:
    address = f"/documents/{a_card(library, 'pdf').document_id}{part}"
    assert client.get(address, headers={"If-None-Match": "*"}).status_code == 404


def test_status_runs_and_quarantine_are_those_of_the_data_directory(client: httpx2.Client, library: Library) -> None:
    status = get(client, "/status")
    assert status["commit"] == library.edition().commit
    assert status["is_current"]
    assert status["proven"]
    held = get(client, "/quarantine")["documents"]
    assert [(each["path"].rpartition("/")[2], each["code"]) for each in held] == [
        ("relatorio-corrompido.pdf", "corrupt")
    ]
    assert held[0]["remedy"]
    (run,) = get(client, "/runs")["runs"]
    assert run["outcome"] == "finished"
    assert get(client, f"/runs/{run['run_id']}")["state"] == "finished"


@pytest.mark.parametrize("blank", ["\x85", "\ufeff", "\x1c", "\u3000"])
def test_what_a_blank_question_is_does_not_depend_on_who_reads_the_description(blank: str) -> None:
    pattern = SearchQuery.model_json_schema()["properties"]["q"]["pattern"]
    assert not re.search(pattern, blank)
    assert not is_valid({"type": "string", "pattern": pattern}, blank), "as ECMAScript has it"
    with pytest.raises(ValidationError):
        SearchQuery(q=blank)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/nothing", 404, "not_found"),
        ("/documents/none", 404, "not_found"),
        ("/documents/none/passages", 404, "not_found"),
        ("/documents/none/original", 404, "not_found"),
        ("/documents/none/pages/1.png", 404, "not_found"),
        ("/documents/none/pages/x.png", 422, "invalid_request"),
        ("/runs/..", 404, "not_found"),
        ("/search", 422, "invalid_request"),
        ("/search?q=%20%09%C2%A0", 422, "invalid_request"),
        ("/search?q=%C2%85%EF%BB%BF%1C", 422, "invalid_request"),
        ("/search?q=x&top_k=0", 422, "invalid_request"),
        ("/search?q=x&colour=red", 422, "invalid_request"),
        (f"/search?q={'x' * 1001}", 422, "invalid_request"),
        ("/documents?type=secret", 422, "invalid_request"),
    ],
)
def test_errors_are_problems_with_a_code_and_no_echo(client: httpx2.Client, path: str, status: int, code: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    problem = answer.json()
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["remedy"]
    assert "x" * 50 not in answer.text
    assert "secret" not in answer.text


@pytest.mark.parametrize("wanted", ["bytes=99999999-", "bytes=9-1", "bytes=x", "bytes"])
def test_a_range_that_there_is_not_is_a_problem(client: httpx2.Client, library: Library, wanted: str) -> None:
    card = a_card(library, "pdf")
    answer = client.get(f"/documents/{card.document_id}/original", headers={"Range": wanted})
    assert (answer.status_code, answer.headers["content-type"]) == (416, "application/problem+json")
    assert answer.json()["code"] == "range_not_satisfiable"
    assert answer.headers["content-range"] == f"bytes */{card.size_bytes}"
    assert all(answer.headers[name] == value for name, value in HEADERS.items())
    described = client.get("/openapi.json").json()["paths"]["/api/v1/documents/{document_id}/original"]["get"]
    assert "application/problem+json" in described["responses"]["416"]["content"]


def test_a_part_of_an_original_can_be_asked_for(client: httpx2.Client, library: Library) -> None:
    card = a_card(library, "pdf")
    whole = client.get(f"/documents/{card.document_id}/original").content
    part = client.get(f"/documents/{card.document_id}/original", headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole[10:20])
    other_unit = client.get(f"/documents/{card.document_id}/original", headers={"Range": "lines=1-2"})
    assert (other_unit.status_code, other_unit.content) == (200, whole)
    described = client.get("/openapi.json").json()["paths"]["/api/v1/documents/{document_id}/original"]["get"]
    assert "206" in described["responses"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_can_be_changed(client: httpx2.Client, library: Library, method: str) -> None:
    address = f"/documents/{a_card(library, 'pdf').document_id}"
    answer = client.request(method, address)
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", ["/status", "/nothing", "/search", "/openapi.json", "/../../", "/search?q=prazo"])
def test_every_answer_has_the_security_headers(client: httpx2.Client, path: str) -> None:
    headers = client.get(path).headers
    assert all(headers[name] == value for name, value in HEADERS.items())


def test_what_is_no_http_is_refused_like_all_else(service: WebServer) -> None:
    with socket.create_connection(("127.0.0.1", service.port), timeout=30) as connection:
        connection.sendall("GET /api/v1/search?q=férias HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b"")).decode()
    assert answer.startswith("HTTP/1.1 400")
    assert '"code":"not_http"' in answer
    assert all(f"{name}: {value}" in answer for name, value in HEADERS.items())


def test_the_description_is_openapi_with_examples_that_hold(client: httpx2.Client) -> None:
    described = client.get("/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    shown: dict[type[BaseModel], dict[str, Any]] = {
        answers.SearchAnswer: examples.SEARCH,
        answers.Detail: examples.DETAIL,
        answers.Passages: examples.PASSAGES,
        answers.Quarantine: examples.QUARANTINE,
        answers.Runs: examples.RUNS,
    }
    for model, example in shown.items():
        assert model.model_validate_json(json.dumps(example))
        assert described["components"]["schemas"][model.__name__]["examples"] == [example]
    for path, operations in described["paths"].items():
        (operation,) = operations.values()
        problem = operation["responses"]["422"]["content"]["application/problem+json"]["schema"]
        assert problem == {"$ref": "#/components/schemas/Problem"}, path


def test_nothing_of_a_question_is_logged(client: httpx2.Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        client.get("/search", params={"q": "palavra-secreta"})
        client.get("/documents", params={"text": "palavra-secreta"})
        client.get("/")
    logged = [record.getMessage() for record in caplog.records if not record.name.startswith("http")]  # the client's
    assert any(re.match(r"GET /api/v1/search 200 \d+ ms$", message) for message in logged)
    assert not any("palavra-secreta" in message for message in logged)


def test_the_service_is_ready_once_the_model_is_loaded(client: httpx2.Client) -> None:
    assert get(client, "/health/live") == {"status": "live"}
    client.get("/search", params={"q": "x"})
    answer = client.get("/health/ready")
    while answer.status_code == 503:
        assert answer.json() == {"status": "starting"}
        answer = client.get("/health/ready")
    assert answer.json() == {"status": "ready"}


@pytest.mark.parametrize(
    "address",
    [
        "api/v1/search?q=prazo",
        "api/v1/documents",
        "api/v1/documents/{id}",
        "api/v1/documents/{id}/passages",
        "api/v1/documents/{id}/pages/1.png",
        "api/v1/documents/{id}/original",
        "api/v1/documents/none",
        "api/v1/quarantine",
        "api/v1/status",
        "api/v1/runs",
        "api/v1/events",
        "api/v1/health/live",
        "api/v1/openapi.json",
        "",
        "?q=prazo",
        "documents",
        "documents/{id}",
        "quarantine",
        "status",
        "status/live",
        "static/pages.css",
        "nothing",
    ],
)
def test_the_head_alone_is_what_get_would_begin_with(service: WebServer, library: Library, address: str) -> None:
    where = service.address + address.format(id=a_card(library, "pdf").document_id)
    head = httpx2.head(where, headers={"Range": "bytes=0-1"}, timeout=60)
    with httpx2.stream("GET", where, timeout=60) as whole:
        assert (head.status_code, head.content) == (whole.status_code, b"")
        assert {**head.headers, "date": ""} == {**whole.headers, "date": ""}
