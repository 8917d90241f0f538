"""luigid hears the same calls in the same order, whether each has a request of its own or many share one."""

from __future__ import annotations

import asyncio
import contextlib
import json
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import luigi
import luigi.server
import pytest
import tornado.httpserver
import tornado.netutil
from luigi.rpc import RPCError
from luigi.scheduler import Scheduler

from pipeline import RunAll
from pipeline.scheduling.central import guarded
from pipeline.scheduling.connection import Connection
from pipeline.scheduling.worker import Factory
from tests.conftest import Workspace, forget_run
from tests.support.luigid import graph_of, luigid_at, nic_scheduler_at


class Heard(Scheduler):
    """Luigi's scheduler, which notes what it is asked to do, in order, and refuses a task called `bad`."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.calls: list[str] = []

    def add_task(self, task_id: str | None = None, **more: Any) -> None:
        if task_id == "bad":
            raise ValueError("bad")
        self.calls.append(f"add {task_id}")
        super().add_task(task_id=task_id, **more)

    def set_task_status_message(self, task_id: str, status_message: str) -> None:
        self.calls.append(f"message {status_message}")
        super().set_task_status_message(task_id, status_message)

    def get_work(self, **more: Any) -> Any:
        self.calls.append("work")
        return super().get_work(**more)


@contextlib.contextmanager
def answering(scheduler: Scheduler, *, is_plain: bool = False, port: int = 0) -> Iterator[str]:
    """The address at which a thread answers for a scheduler as `nic scheduler` or, plain, as luigid does."""
    (listening,) = tornado.netutil.bind_sockets(port, "127.0.0.1")
    host = f"127.0.0.1:{listening.getsockname()[1]}"
    loop, is_ready = asyncio.new_event_loop(), threading.Event()

    def serve() -> None:
        asyncio.set_event_loop(loop)
        application = luigi.server.app(scheduler) if is_plain else guarded(scheduler, {host})
        server = tornado.httpserver.HTTPServer(application)
        server.add_socket(listening)
        loop.call_soon(is_ready.set)
        loop.run_forever()
        server.stop()
        loop.run_until_complete(server.close_all_connections())

    thread = threading.Thread(target=serve)
    thread.start()
    is_ready.wait()
    try:
        yield f"http://{host}"
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def nic_scheduler(heard: Heard) -> Iterator[str]:
    with answering(heard) as address:
        yield address


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    """Luigi waits half a minute before it tries again."""
    config = luigi.configuration.get_config()
    config.set("core", "rpc_retry_wait", "0")
    yield
    config.remove_option("core", "rpc_retry_wait")


def connected(address: str) -> tuple[Any, list[str]]:
    """A connection, and the paths that it asks from now on."""
    connection, asked = Connection(address), list[str]()
    fetch: Callable[..., str] = connection._fetcher.fetch

    def noting(url: str, *more: Any) -> str:
        asked.append(urlsplit(url).path)
        return fetch(url, *more)

    connection._fetcher.fetch = noting  # type: ignore[method-assign]
    return connection, asked


def say(connection: Any, *tasks: str) -> None:
    for task in tasks:
        connection.add_task(worker="w", task_id=task)


@pytest.mark.parametrize("is_plain", [False, True])
def test_what_needs_no_answer_is_heard_before_what_does_in_the_order_in_which_it_was_said(
    heard: Heard, is_plain: bool
) -> None:
    with answering(heard, is_plain=is_plain) as address:
        connection, asked = connected(address)
        say(connection, "a", "b")
        connection.for_pages().set_task_status_message("a", "1")
        say(connection, "c")
        assert connection.get_work(worker="w")["task_id"] == "a"
    assert heard.calls == ["add a", "add b", "message 1", "add c", "work"]
    assert asked.count("/api/batch") == (0 if is_plain else 1)
    assert len(asked) == (5 if is_plain else 2)


def test_no_request_grows_without_limit(heard: Heard, nic_scheduler: str) -> None:
    connection, asked = connected(nic_scheduler)
    names = [str(number) for number in range(1200)]
    say(connection, *names)
    assert len(heard.calls) == 1000, "nor does what waits"
    connection.flush()
    assert heard.calls == [f"add {name}" for name in names]
    assert len(asked) == 3


def test_a_call_that_is_refused_fails_as_it_does_alone_and_none_after_it_overtakes_it(
    heard: Heard, nic_scheduler: str
) -> None:
    connection, asked = connected(nic_scheduler)
    say(connection, "a", "bad", "b")
    with pytest.raises(RPCError):
        connection.get_work(worker="w")
    assert heard.calls == ["add a"]
    assert asked == ["/api/batch", *["/api/add_task"] * 3], "tried again as often as Luigi does"


def test_what_a_page_cannot_show_holds_nothing_up(heard: Heard, nic_scheduler: str) -> None:
    connection, _ = connected(nic_scheduler)
    say(connection, "a")
    say(connection.for_pages(), "bad", "b")
    say(connection, "c")
    connection.flush()
    assert heard.calls == ["add a", "add b", "add c"]


def test_what_could_not_be_sent_is_sent_once_luigid_is_back(heard: Heard) -> None:
    with answering(heard) as address:
        connection, asked = connected(address)
    say(connection, "a", "b")
    with pytest.raises(RPCError):
        connection.for_pages().flush()
    assert len(asked) == 1, "a page is not waited for"
    with pytest.raises(RPCError):
        connection.flush()
    assert len(asked) == 4
    with answering(heard, port=int(address.rpartition(":")[2])):
        connection.flush()
        connection.flush()
    assert heard.calls == ["add a", "add b"]


def test_a_forked_process_speaks_for_itself_only(heard: Heard, nic_scheduler: str) -> None:
    connection, _ = connected(nic_scheduler)
    say(connection, "a")

    def child() -> None:
        connection.set_task_status_message("a", "of the child")
        connection.flush()

    forked = multiprocessing.get_context("fork").Process(target=child)
    forked.start()
    forked.join()
    assert heard.calls == ["message of the child"]
    connection.flush()
    assert heard.calls == ["message of the child", "add a"]


@pytest.mark.filterwarnings("ignore:Task ExternalTask")
def test_a_worker_that_is_interrupted_has_told_what_it_knew(heard: Heard, nic_scheduler: str) -> None:
    connection = Connection(nic_scheduler)
    with pytest.raises(KeyboardInterrupt), Factory().create_worker(connection, 1) as worker:
        worker.add(luigi.ExternalTask())
        assert heard.calls == []
        raise KeyboardInterrupt
    assert heard.calls == [f"add {luigi.ExternalTask().task_id}"]


def test_a_batch_calls_only_what_luigi_lets_workers_call(heard: Heard, nic_scheduler: str) -> None:
    connection = Connection(nic_scheduler)
    calls = [["dump", {}], ["add_task", {"worker": "w", "task_id": "a"}]]
    answer = connection._fetcher.fetch(f"{nic_scheduler}/api/batch", json.dumps(calls).encode(), 10)
    assert (json.loads(answer), heard.calls) == ({"response": 0}, [])


def test_the_same_graph_stands_at_the_end_through_both_protocols(workspace: Workspace, tmp_path: Path) -> None:
    workspace.set("pipeline", "shard_size", "2")
    for name in "abcd":
        workspace.write(f"{name}.txt", f"Portaria {name}.")
    (workspace.root / "30-Aprovados" / "e.pdf").write_bytes(b"%PDF-1.7 broken")
    seen = []
    for kind in (luigid_at, nic_scheduler_at):
        data = tmp_path / kind.__name__
        data.mkdir()
        (data / "models").symlink_to(workspace.data / "models")
        workspace.monkeypatch.setenv("NIC_DATA_DIR", str(data))
        forget_run()
        with kind(data / "luigid.pickle", dict(os.environ)) as address:
            luigi.build([RunAll()], scheduler_url=address, log_level="WARNING")  # type: ignore[no-untyped-call]
            seen.append(_known(address))
    assert seen[0] == seen[1]
    assert {state["status"] for state in seen[0].values()} == {"DONE", "DISABLED"}
    assert len([name for name in seen[0] if name.startswith("StoreDocument")]) == 5


def _known(address: str) -> dict[str, Any]:
    """What luigid knows of each task but when; without those that Luigi made of several, which is a matter of time."""
    facts = ("status", "priority", "status_message", "progress_percentage", "params")
    tasks = {name: task for name, task in graph_of(address).items() if "," not in task["params"].get("document", "")}
    return {name: {fact: task[fact] for fact in facts} | {"deps": set(task["deps"])} for name, task in tasks.items()}
