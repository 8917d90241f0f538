"""The MCP tools as the official client sees them, over both transports."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client, StdioServerParameters

from pipeline.store.spelling import plain
from pipeline.web.agent_answers import NOTICE
from pipeline.web.library.library import Library
from pipeline.web.server import WebServer
from tests.support.paths import ROOT
from tests.support.samples_run import newcomer

TOOLS = {"search", "read_passage", "read_document", "list_documents", "collection_status"}
QUESTION = "Com que antecedência devo pedir férias?"
Talk = Callable[[Client], Awaitable[Any]]


def over_http(service: WebServer, talk: Talk) -> Any:
    async def run() -> Any:
        async with Client(f"{service.address}mcp") as client:
            return await talk(client)

    return asyncio.run(run())


def over_stdio(library: Library, talk: Talk) -> Any:
    environment = {**newcomer(Path(str(library.run.data.root))), "PYTHONPATH": str(ROOT)}
    parameters = StdioServerParameters(
        command=sys.executable, args=["-m", "pipeline", "mcp"], env=environment, cwd=str(ROOT)
    )

    async def run() -> Any:
        async with Client(parameters) as client:
            return await talk(client)

    return asyncio.run(run())


async def call(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    assert isinstance(result.structured_content, dict)
    return result.structured_content


async def walk(client: Client) -> dict[str, Any]:
    """Every tool, as an agent goes: search, read on, read the document, look around."""
    tools = await client.list_tools()
    answer = await call(client, "search", question=QUESTION, top_k=3)
    best = answer["hits"][0]
    document = best["source"]["document_id"]
    return {
        "tools": tools.tools,
        "answer": answer,
        "excerpt": await call(client, "read_passage", document_id=document, passage=best["passage"], neighbours=1),
        "page": await call(client, "read_document", document_id=document, page=1),
        "documents": await call(client, "list_documents", text="ferias"),
        "status": await call(client, "collection_status"),
    }


@pytest.fixture(scope="module", params=["http", "stdio"])
def walked(request: pytest.FixtureRequest, service: WebServer, library: Library) -> dict[str, Any]:
    seen: dict[str, Any] = over_http(service, walk) if request.param == "http" else over_stdio(library, walk)
    return seen


def test_every_tool_is_listed_as_one_that_only_reads(walked: dict[str, Any]) -> None:
    assert {tool.name for tool in walked["tools"]} == TOOLS
    assert all(tool.annotations.read_only_hint and tool.description for tool in walked["tools"])
    assert all(tool.input_schema["additionalProperties"] is False for tool in walked["tools"])


def test_a_hit_can_be_cited(walked: dict[str, Any], library: Library) -> None:
    hit = walked["answer"]["hits"][0]
    card = library.card(hit["source"]["document_id"])
    assert hit["source"]["path"] == card.path
    assert hit["source"]["title"] == card.title
    assert hit["source"]["commit"] == library.edition().commit
    assert hit["source"]["status"] == "approved"
    assert hit["section"]
    assert hit["text"]


def test_text_of_documents_comes_with_the_notice_that_it_is_no_instruction(walked: dict[str, Any]) -> None:
    assert all(walked[answer]["notice"] == NOTICE for answer in ("answer", "excerpt", "page", "documents"))


def test_hits_scores_and_order_are_those_of_the_search_command(walked: dict[str, Any], library: Library) -> None:
    found = [(hit["source"]["path"], hit["passage"], hit["score"]) for hit in walked["answer"]["hits"]]
    assert found == [(hit.path, hit.chunk_index, hit.score) for hit in library.ask(QUESTION, 3)]


def test_a_passage_is_read_with_its_neighbours(walked: dict[str, Any]) -> None:
    hit, excerpt = walked["answer"]["hits"][0], walked["excerpt"]
    numbers = [passage["passage"] for passage in excerpt["passages"]]
    assert hit["passage"] in numbers
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    assert len(numbers) >= 2


def test_a_document_is_read_page_by_page(service: WebServer, library: Library) -> None:
    card = next(card for card in library.edition().cards.values() if (card.page_count or 0) > 1)

    async def read(client: Client) -> list[dict[str, Any]]:
        first = await call(client, "read_document", document_id=card.document_id)
        rest = range(2, first["pages"] + 1)
        return [
            first,
            *[await call(client, "read_document", document_id=card.document_id, page=page) for page in rest],
        ]

    pages = over_http(service, read)
    read_passages = {passage["passage"] for page in pages for passage in page["passages"]}
    assert read_passages == set(range(card.chunks))
    assert all(page["page"] in passage["pages"] for page in pages for passage in page["passages"])


def test_documents_and_the_state_of_the_collection_are_told(walked: dict[str, Any], library: Library) -> None:
    assert walked["documents"]["total"] >= 1
    assert all("ferias" in plain(f"{found['path']} {found['title']}") for found in walked["documents"]["documents"])
    assert walked["status"]["commit"] == library.edition().commit
    assert walked["status"]["documents"] == len(library.edition().cards)


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("read_document", {"document_id": "../../etc/passwd"}, "not_found"),
        ("read_passage", {"document_id": "none", "passage": 0}, "not_found"),
        ("search", {"question": ""}, "question"),
        ("search", {"question": " \t "}, "question"),
        ("search", {"question": "x", "top_k": 10_000}, "top_k"),
        ("list_documents", {"document_type": ["secret"]}, "document_type"),
        ("search", {"question": "x", "folders": "Políticas"}, "folders"),
        ("collection_status", {"verbose": True}, "verbose"),
        ("delete_everything", {}, "delete_everything"),
    ],
)
def test_what_cannot_be_done_is_told_to_the_agent(
    service: WebServer, tool: str, arguments: dict[str, Any], said: str
) -> None:
    async def ask(client: Client) -> str:
        try:
            result = await client.call_tool(tool, arguments)
        except Exception as error:  # the client's own check
            return str(error)
        assert result.is_error
        return str(result.content)

    assert said in over_http(service, ask)


def test_other_machines_need_a_token(service: WebServer) -> None:
    async def connect(headers: dict[str, str]) -> int:
        async with httpx2.AsyncClient(headers=headers) as client:
            answer = await client.post(
                f"{service.address}mcp",
                headers={"Accept": "application/json, text/event-stream", "X-Forwarded-For": "10.0.0.9"},
                json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"},
            )
            return answer.status_code

    assert asyncio.run(connect({})) == 401
