"""Every command, address and configuration that docs/serving.md shows is carried out as it stands there."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.web import tokens
from pipeline.web.library.library import Library
from pipeline.web.server import WebServer
from tests.support.paths import ROOT
from tests.support.samples_run import newcomer

PAGE = (ROOT / "docs" / "serving.md").read_text(encoding="utf-8")
SHOWN = [line for text in re.findall(r"^```sh\n(.*?)^```", PAGE, re.M | re.S) for line in text.splitlines()]
CONFIGURATIONS = [json.loads(text) for text in re.findall(r"^```json\n(.*?)^```", PAGE, re.M | re.S)]
ADDRESSES = [line for line in SHOWN if line.startswith("curl ")]
COMMANDS = [line for line in SHOWN if not line.startswith("curl ")]


def servers() -> list[dict[str, Any]]:
    """Each server that a client is told of."""
    return [found.get("mcpServers", found.get("servers"))["nic"] for found in CONFIGURATIONS]


async def names_of_tools(client: Client) -> set[str]:
    return {tool.name for tool in (await client.list_tools()).tools}


def test_the_commands_are_those_of_the_page() -> None:
    assert COMMANDS == ["nic serve", "nic token create intranet", "nic token list", "nic token revoke intranet"]
    assert len(ADDRESSES) == 3
    assert len(servers()) == 3


def test_the_commands_about_tokens_work_one_after_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIC_DATA_DIR", str(tmp_path))
    for line in COMMANDS[1:]:
        done = CliRunner().invoke(app, shlex.split(line)[1:])
        assert done.exit_code == 0, line


@pytest.mark.parametrize("line", ADDRESSES)
def test_the_addresses_answer(service: WebServer, library: Library, line: str) -> None:
    _, address, *options = shlex.split(line)
    headers = dict(option.split(": ", 1) for option in options[1::2])
    token = tokens.create(library.run.data, "page")
    try:
        sent = {name: value.replace("TOKEN", token) for name, value in headers.items()}
        answer = httpx2.get(address.replace("http://127.0.0.1:8501/", service.address), headers=sent, timeout=120)
    finally:
        tokens.revoke(library.run.data, "page")
    assert answer.status_code == 200
    assert answer.json()


@pytest.mark.slow
def test_a_client_that_starts_the_command_gets_the_tools(library: Library) -> None:
    local = [server for server in servers() if "command" in server]
    assert local[0]["args"] == local[1]["args"]
    environment = {**newcomer(Path(str(library.run.data.root))), "PYTHONPATH": str(ROOT)}
    args = [arg.replace("/srv/nic-etl", shlex.quote(str(ROOT))) for arg in local[0]["args"]]
    parameters = StdioServerParameters(command=local[0]["command"], args=args, env=environment)

    async def talk() -> set[str]:
        async with Client(parameters) as client:
            return await names_of_tools(client)

    assert {f"`{name}`" in PAGE for name in asyncio.run(talk())} == {True}


def test_a_client_elsewhere_gets_the_tools_with_a_token(service: WebServer, library: Library) -> None:
    (remote,) = [server for server in servers() if "url" in server]
    token = tokens.create(library.run.data, "agent")
    headers = {name: value.replace("TOKEN", token) for name, value in remote["headers"].items()}
    address = remote["url"].replace("https://busca.example.org/", service.address)

    async def talk() -> set[str]:
        forwarded = {**headers, "X-Forwarded-For": "192.0.2.7"}
        async with (
            httpx2.AsyncClient(headers=forwarded, timeout=120) as http,
            Client(streamable_http_client(address, http_client=http)) as client,
        ):
            return await names_of_tools(client)

    try:
        assert len(asyncio.run(talk())) == 5
    finally:
        tokens.revoke(library.run.data, "agent")
