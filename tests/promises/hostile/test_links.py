"""What a document points at is never followed: no connection, no file of the machine, whatever the format."""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.convert import convert_document
from pipeline.engine import Engine, Job, open_engine
from pipeline.errors import PermanentError
from pipeline.settings.sections import ConversionSettings, PipelineSettings, Settings
from tests.promises.hostile.kinds import WORDS
from tests.promises.hostile.links import LURES, SECRET, Bait

pytestmark = pytest.mark.slow
NETWORK = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "urllib.Request")
OTHER_WAYS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "webbrowser.open", "ftplib.connect")
_seen: list[str] = []
_forbidden: list[str] = []


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event in NETWORK or event in OTHER_WAYS:
        _seen.append(f"{event} {arguments!r}")
    if event == "open" and any(str(arguments[0]).endswith(name) for name in _forbidden):
        _seen.append(f"open {arguments[0]}")


def watched(function: Any, arguments: tuple[Any, ...], bait: Bait) -> tuple[str | None, list[str]]:
    """Runs in an engine's process: (the refusal, if any; what the call opened or asked for that it must not)."""
    if not _forbidden:
        sys.addaudithook(_watch)  # there is no way to take it off again: it stays with this process
    _forbidden[:] = [bait.file.name]
    _seen.clear()
    try:
        function(*arguments)
    except PermanentError as error:
        return str(error), list(_seen)
    return None, list(_seen)


def follow(bait: Bait) -> None:
    """What no document may do."""
    bait.file.read_text(encoding="utf-8")
    host, port = bait.url.removeprefix("http://").split(":")
    socket.create_connection((host, int(port))).close()


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One process, which has loaded its libraries: some of them ask the machine what it is."""
    made = open_engine(Settings(pipeline=PipelineSettings(max_concurrent_documents=1)))
    folder = tmp_path_factory.mktemp("first")
    (folder / "source.md").write_text(WORDS, encoding="utf-8")
    arguments = (folder / "source.md", "md", folder / "document.json", folder / "facts.json", ConversionSettings())
    made.submit(Job("first", convert_document, arguments))
    assert made.next().error is None
    yield made
    made.close()


@pytest.fixture(scope="module")
def callers() -> Iterator[tuple[str, list[object]]]:
    """(address, who called): a listener that counts connections from anything, native libraries too."""
    server = socket.create_server(("127.0.0.1", 0))
    called: list[object] = []

    def listen() -> None:
        while True:
            try:
                connection, caller = server.accept()
            except OSError:
                return
            called.append(caller)
            connection.close()

    threading.Thread(target=listen, daemon=True).start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}", called
    server.close()


@pytest.fixture
def bait(callers: tuple[str, list[object]], tmp_path: Path) -> Bait:
    callers[1].clear()
    file = tmp_path / "outside" / "canary-of-the-test.txt"
    file.parent.mkdir()
    file.write_text(SECRET, encoding="utf-8")
    return Bait(callers[0], file)


def outcome(engine: Engine, function: Any, arguments: tuple[Any, ...], bait: Bait) -> tuple[str | None, list[str]]:
    engine.submit(Job("watched", watched, (function, arguments, bait)))
    ended = engine.next()
    assert ended.error is None, ended.error
    refused, seen = ended.result
    return refused, seen


@pytest.mark.parametrize("name", LURES)
def test_nothing_that_a_document_points_at_is_followed(
    engine: Engine, name: str, bait: Bait, callers: tuple[str, list[object]], tmp_path: Path
) -> None:
    extension = name.rpartition(".")[2]
    source, document, facts = tmp_path / f"source.{extension}", tmp_path / "document.json", tmp_path / "facts.json"
    source.write_bytes(LURES[name](bait))
    arguments = (source, extension, document, facts, ConversionSettings())
    refused, seen = outcome(engine, convert_document, arguments, bait)
    assert (seen, callers[1]) == ([], [])
    written = "".join(file.read_text(encoding="utf-8") for file in (document, facts) if file.exists())
    assert SECRET not in written
    assert SECRET not in (refused or "")
    assert WORDS in written or name.startswith("entities.")  # whose words stood where the entity is


def test_the_watch_sees_what_no_document_may_do(engine: Engine, bait: Bait, callers: tuple[str, list[object]]) -> None:
    _, seen = outcome(engine, follow, (bait,), bait)
    assert {entry.split()[0] for entry in seen} >= {"open", "socket.connect", "socket.getaddrinfo"}
    for _ in range(50):
        time.sleep(0.1)
        if callers[1]:
            return
    raise AssertionError("the listener heard nothing")
