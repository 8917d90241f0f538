"""luigid's pages tell what happens: each document's stages turn as they end, and only what failed looks failed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import luigi
import pytest
from luigi.execution_summary import LuigiRunResult, LuigiStatusCode

import pipeline.chunk
from pipeline import RunAll
from pipeline.errors import ErrorCode, PermanentError
from pipeline.run.current import current_run
from pipeline.run.events import DocumentEnded, read_events
from pipeline.schema import Stage
from tests.conftest import Workspace, forget_run
from tests.support.luigid import luigid_at, nic_scheduler_at, tasks_of
from tests.support.qdrant_server import Fault, QdrantServer

REASON = "The PDF cannot be opened: export it again from its origin. (corrupt)"
Shown = dict[tuple[str, str], tuple[str, str | None]]


def run_all(luigid: str) -> LuigiRunResult:
    result = luigi.build([RunAll()], scheduler_url=luigid, detailed_summary=True, log_level="WARNING")  # type: ignore[no-untyped-call]
    assert isinstance(result, LuigiRunResult)
    return result


def shown_by(luigid: str) -> Shown:
    """File name and stage -> status and message of the documents' own tasks; those of batches are left out."""
    tasks = ((task, task["params"].get("document", ",")) for task in tasks_of(luigid).values())
    return {
        (Path(path).name, task["name"].removesuffix("Document").lower()): (
            task["status"],
            (message := task["status_message"]) and message.replace("\n", " "),
        )
        for task, path in tasks
        if "," not in path
    }


def _said(task: dict[str, Any]) -> tuple[str, str | None]:
    """Status and message, of which luigid's page shows lines."""
    message = task["status_message"]
    return task["status"], message and message.replace("\n", " ")


def every_stage(name: str, *shown: tuple[str, str | None]) -> Shown:
    return {(name, stage.value): each for stage, each in zip(Stage, shown, strict=True)}


def at_the_end_of(stage: Stage, name: str, look: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Look when a stage of a document has ended, before any other document goes on."""
    at_every_end_of(stage, lambda ended: look() if ended == name else None, monkeypatch)


def at_the_first_end_of(stage: Stage, look: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Look when the first document has ended a stage: which one it is, the threads that fetch decide."""
    first = iter([True])
    at_every_end_of(stage, lambda ended: look(ended) if next(first, False) else None, monkeypatch)


def at_every_end_of(stage: Stage, look: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    log = current_run().log
    record = log.document

    def pause(ended: Stage, path: str, *more: Any) -> None:
        record(ended, path, *more)
        if ended is stage:
            look(Path(path).name)

    monkeypatch.setattr(log, "document", pause)


def eventually(luigid: str, expected: Mapping[tuple[str, str], tuple[str, str | None]]) -> Shown:
    """All that is shown, once these are among it."""
    for _ in range(300):
        shown = shown_by(luigid)
        if expected.items() <= shown.items():
            return shown
        time.sleep(0.2)
    pytest.fail(f"still {shown_by(luigid)}")


@pytest.fixture(params=[luigid_at, nic_scheduler_at], ids=["luigid", "nic scheduler"])
def luigid(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A request for every call, or one for many."""
    with request.param(tmp_path / "luigid.pickle", dict(os.environ)) as address:
        yield address


@pytest.fixture
def fresh(workspace: Workspace) -> Workspace:
    forget_run()
    return workspace


def test_a_document_is_shown_as_stored_while_the_others_of_its_batch_are_at_work(
    fresh: Workspace, luigid: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "abc":
        fresh.write(f"{name}.txt", f"Portaria {name}.")
    seen: list[Shown] = []

    def look(name: str) -> None:
        seen.append(eventually(luigid, every_stage(name, *[("DONE", None)] * 5)))

    at_the_first_end_of(Stage.STORE, look, monkeypatch)
    assert run_all(luigid).status is LuigiStatusCode.SUCCESS
    (during,) = seen
    assert any(status in ("PENDING", "BATCH_RUNNING") for status, _ in during.values())
    assert set(shown_by(luigid).values()) == {("DONE", None)}


def test_a_corrupt_document_is_disabled_with_its_own_message_and_no_other_carries_it(
    fresh: Workspace, luigid: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (fresh.root / "30-Aprovados" / "a.pdf").write_bytes(b"%PDF-1.7 broken")
    for name in "bc":
        fresh.write(f"{name}.txt", f"Portaria {name}.")
    seen: list[Shown] = []
    red = {("a.pdf", "convert"): ("DISABLED", REASON)}
    at_the_end_of(Stage.STORE, "c.txt", lambda: seen.append(eventually(luigid, red)), monkeypatch)
    result = run_all(luigid)
    assert result.status is LuigiStatusCode.SUCCESS, "Luigi waits for nothing that a disabled task could make"
    shown = shown_by(luigid)
    unreached = ("DISABLED", f"not reached: convert failed: {REASON}")
    assert every_stage("a.pdf", ("DONE", None), ("DISABLED", REASON), *[unreached] * 3).items() <= shown.items()
    for each in (seen[0], shown):
        assert {message for (name, _), (_, message) in each.items() if name != "a.pdf"} == {None}
    lines = {task["name"]: (task["status_message"], task["progress_percentage"]) for task in tasks_of(luigid).values()}
    assert lines["Shard"] == ("2 of 3 documents are stored", 100)
    assert lines["Finalize"][0] == "published: 2 of 3 documents; quarantined: 1"


def test_a_document_that_fails_is_shown_so_in_its_stage_when_it_happens_and_not_only_at_the_end(
    fresh: Workspace, luigid: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "ab":
        fresh.write(f"{name}.txt", f"Portaria {name}.")
    chunk_document, is_refused = pipeline.chunk.chunk_document, iter([True])

    def refuse_first(*arguments: Any) -> Any:
        if next(is_refused, False):
            raise PermanentError("it cannot be cut", ErrorCode.TOO_LONG)
        return chunk_document(*arguments)

    monkeypatch.setattr(pipeline.chunk, "chunk_document", refuse_first)
    seen: dict[str, Shown] = {}

    def look(name: str) -> None:
        seen[name] = eventually(luigid, {(name, "chunk"): ("DISABLED", "it cannot be cut (too_long)")})

    at_the_first_end_of(Stage.CHUNK, look, monkeypatch)
    assert run_all(luigid).status is LuigiStatusCode.SUCCESS
    ((refused, during),) = seen.items()
    assert {status for (name, stage), (status, _) in during.items() if (name != refused, stage) == (True, "store")} != {
        "DONE"
    }, "the shard is at work"
    shown = shown_by(luigid)
    assert shown[refused, "chunk"] == ("DISABLED", "it cannot be cut (too_long)")
    assert {message for (name, _), (_, message) in shown.items() if name != refused} == {None}


def test_a_document_that_fails_while_it_is_stored_keeps_no_shard_from_its_end(
    fresh: Workspace, luigid: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh.write("a.txt", "Portaria.")
    with QdrantServer() as server:
        monkeypatch.setenv("QDRANT_URL", server.url)
        server.faults.append(Fault("/points/batch", status=400))
        result = run_all(luigid)
    assert result.status is LuigiStatusCode.SUCCESS
    status, message = shown_by(luigid)["a.txt", "store"]
    assert (status, "(rejected)" in str(message)) == ("DISABLED", True)


def test_an_interrupted_run_shows_no_more_as_done_than_its_log_says(
    fresh: Workspace, luigid: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [fresh.write(f"{name}.txt", f"Portaria {name}." * (9 - ord(name) + ord("a"))) for name in "abcdef"]
    job = RunAll()  # type: ignore[no-untyped-call]
    files[0].write_text("Another text")

    def interrupt() -> None:
        raise KeyboardInterrupt

    at_the_end_of(Stage.FETCH, "a.txt", interrupt, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        luigi.build([job], scheduler_url=luigid, log_level="WARNING")
    ended = [event for event in read_events(current_run().log.folder) if isinstance(event, DocumentEnded)]
    known = {(Path(event.path).name, event.stage.value) for event in ended if event.code is None}
    shown = shown_by(luigid)
    assert {key for key, (status, _) in shown.items() if status == "DONE"} <= known
    assert shown["a.txt", "fetch"][0] == "DISABLED"


def test_a_document_that_failed_in_one_run_turns_green_in_the_next(fresh: Workspace, luigid: str) -> None:
    file = fresh.write("a.txt", "Portaria 1.")
    when = file.stat().st_mtime
    job = RunAll()  # type: ignore[no-untyped-call]  # the commit is that of now
    file.write_text("Another text")
    luigi.build([job], scheduler_url=luigid, log_level="WARNING")
    assert shown_by(luigid)["a.txt", "fetch"][0] == "DISABLED"
    file.write_text("Portaria 1.")
    os.utime(file, (when, when))
    forget_run()
    assert run_all(luigid).status is LuigiStatusCode.SUCCESS
    assert {status for status, _ in shown_by(luigid).values()} == {"DONE"}


def test_last_nights_run_is_there_in_the_morning_though_luigid_was_started_again(
    fresh: Workspace, tmp_path: Path
) -> None:
    fresh.write("a.txt", "Portaria.")
    state = tmp_path / "state.pickle"
    with luigid_at(state, dict(os.environ)) as address:
        assert run_all(address).status is LuigiStatusCode.SUCCESS
        before = shown_by(address)
    with luigid_at(state, dict(os.environ)) as address:
        assert shown_by(address) == before
    config = luigi.configuration.get_config()
    assert config.getint("scheduler", "remove_delay") >= 24 * 3600, (
        "seconds that luigid keeps tasks whose worker is gone"
    )
