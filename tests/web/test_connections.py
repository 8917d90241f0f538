"""Connections that dawdle: they end in time, are told why, and stop nobody else."""

from __future__ import annotations

import contextlib
import http.client
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.store.connection import disconnect
from pipeline.web import connections, guard
from pipeline.web.server import WebServer
from tests.support.indexed import make_run, run_all
from tests.support.web import serving

HALF_A_HEAD = b"GET /api/v1/documents HTTP/1.1\r\nHost: localhost\r\nX-Slow: "


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    run = make_run(tmp_path_factory.mktemp("connections") / "data")
    run_all(run, "c" * 40, {"30-Aprovados/a.txt": ["um"]})
    with serving(run) as made:
        yield made
    disconnect(run.settings)


def connect(server: WebServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=60)


def everything(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(65536), b""))


def answered(server: WebServer, times: int = 5) -> bool:
    statuses = set()
    for _ in range(times):
        asking = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        asking.request("GET", "/api/v1/documents")
        statuses.add(asking.getresponse().status)
        asking.close()
    return statuses == {200}


def test_a_head_that_does_not_come_ends_the_connection(server: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_TIMEOUT_S", 0.2)
    for sent in (b"", HALF_A_HEAD):
        with connect(server) as connection:
            connection.sendall(sent)
            assert everything(connection) == b""


def test_a_second_head_that_does_not_come_ends_the_connection(
    server: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "HEAD_TIMEOUT_S", 0.2)
    with connect(server) as connection:
        connection.sendall(b"GET /api/v1/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n" + HALF_A_HEAD)
        assert everything(connection).count(b"HTTP/1.1 200") == 1


def test_a_body_that_does_not_come_is_told_so(server: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "BODY_TIMEOUT_S", 0.2)
    with connect(server) as connection:
        head = b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAccept: application/json"
        connection.sendall(head + b", text/event-stream\r\nContent-Length: 500\r\nConnection: close\r\n\r\n{")
        answer = everything(connection)
    assert answer.startswith(b"HTTP/1.1 408")
    assert b'"code":"request_too_slow"' in answer


@pytest.mark.parametrize("count", [60, pytest.param(900, marks=pytest.mark.soak)])
def test_slow_connections_stop_nobody(server: WebServer, count: int) -> None:
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(connect(server)) for _ in range(count)]
        for each in slow:
            each.sendall(HALF_A_HEAD)
        assert answered(server)


def test_a_reader_that_leaves_in_the_middle_stops_nobody(server: WebServer, capfd: pytest.CaptureFixture[str]) -> None:
    for _ in range(20):
        with connect(server) as connection:
            connection.sendall(b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert answered(server)
    assert "Traceback" not in capfd.readouterr().err


def test_no_part_of_an_answer_waits_for_the_one_before_it_to_be_acknowledged(tmp_path: Path) -> None:
    """The system's default costs every answer on a connection that is kept 40 ms."""
    server = WebServer(make_run(tmp_path / "data"), "127.0.0.1", 0)
    with contextlib.closing(server), connect(server):
        accepted, _ = server._socket.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
