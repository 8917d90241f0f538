"""What a run's events add up to: counts, state and the time left, on made-up logs whose truth is known."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.errors import ErrorCode
from pipeline.monitoring.monitor import Monitor
from pipeline.monitoring.view import View
from pipeline.orchestrator.api_types import PipelineStage
from pipeline.orchestrator.progress import in_python_words
from pipeline.run.events import Begun, DocumentEnded, Ended, Event, RunLog, Sampled, ShardOpened
from pipeline.run.findings import Findings
from pipeline.schema import Stage

START = datetime(2026, 1, 1, tzinfo=UTC)
NOBODY = 2**22 + 1  # above every process id


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def begun(documents: int, pid: int = NOBODY, host: str = "elsewhere", unfinished: int | None = None) -> Begun:
    left = documents if unfinished is None else unfinished
    return Begun(
        time=START,
        run_id="r",
        pid=pid,
        host=host,
        commit="c",
        config_hash="h",
        documents=documents,
        unfinished=left,
        workers=2,
    )


def opened(sizes: dict[str, int], index: int = 0, documents: int | None = None) -> ShardOpened:
    return ShardOpened(
        time=at(0),
        index=index,
        documents=documents or len(sizes),
        pending=dict.fromkeys(Stage, len(sizes)),
        waiting={Stage.FETCH: sizes},
    )


def ended(second: float, stage: Stage, path: str, took_s: float = 0.1, code: ErrorCode | None = None) -> DocumentEnded:
    return DocumentEnded(time=at(second), stage=stage, path=path, seconds=took_s, code=code, message=code and "m")


def seen(events: list[Event], second: float, is_alive: bool | None = True) -> View:
    monitor = Monitor(Path("runs/r"))
    for event in events:
        monitor.add(event)
    return monitor.at(at(second), is_alive)


def heavy_first() -> dict[str, int]:
    """Twelve scans, then a hundred texts: a minute for two processes, most of it for a tenth of the documents."""
    return {f"{n:03}.pdf": 1_000_000 for n in range(12)} | {f"{n:03}.md": 2_000 for n in range(100)}


def run_of(sizes: dict[str, int]) -> Iterator[Event]:
    """Two processes take the documents in order: eight seconds to convert a scan, a third of one to embed a text; the
    first document of each takes five more, as models load."""
    yield begun(len(sizes))
    yield opened(sizes)
    yield from (ended(0.01, Stage.FETCH, path, 0.01) for path in sizes)
    free = [0.0, 0.0]
    outcomes: list[DocumentEnded | Sampled] = []
    for number, path in enumerate(sizes):
        worker = free.index(min(free))
        took_s = (8.0 if path.endswith("pdf") else 0.02) + (5.0 if number < 2 else 0.0)
        seconds = range(int(free[worker]) + 1, int(free[worker] + took_s) + 1)
        outcomes += [Sampled(time=at(k), memory_mb=1, cpu_percent=1, current={Stage.CONVERT: (path,)}) for k in seconds]
        free[worker] += took_s
        done = free[worker] + 0.01
        outcomes.append(ended(done, Stage.CONVERT, path, took_s))
        outcomes.append(ended(done + 0.001, Stage.CHUNK, path, 0.001))
        embed_s = 1.0 if path.endswith("pdf") else 0.3
        free[worker] += embed_s
        outcomes.append(ended(free[worker] + 0.02, Stage.EMBED, path, embed_s))
        outcomes.append(ended(free[worker] + 0.04, Stage.STORE, path, 0.01))
    yield from sorted(outcomes, key=lambda event: event.time)
    yield Ended(time=at(max(free) + 0.1), outcome="finished")


def test_the_time_left_is_true_from_half_of_the_time_on_although_the_heavy_documents_go_first() -> None:
    events = list(run_of(heavy_first()))
    end_s = (events[-1].time - START).total_seconds()
    monitor = Monitor(Path("runs/r"))
    for second in range(int(end_s)):
        while events and events[0].time <= at(second):
            monitor.add(events.pop(0))
        view = monitor.at(at(second), is_alive=True)
        if second >= end_s / 2:
            assert view.eta_s == pytest.approx(end_s - second, rel=0.3, abs=2), second
            by_documents = second * (view.to_do - view.done) / max(1, view.done)
            assert second > 0.9 * end_s or by_documents > 2 * (end_s - second), "counting documents would do"


def test_nothing_is_said_of_the_time_left_before_there_is_evidence() -> None:
    events: list[Event] = [begun(2), opened({"a.md": 10, "b.md": 10})]
    assert seen(events, 5).eta_s is None
    assert seen([*events, ended(4, Stage.FETCH, "a.md")], 5).eta_s is None


def test_shards_that_have_not_opened_count_as_the_open_ones() -> None:
    sizes = {f"{n}.md": 1000 for n in range(10)}
    done = [ended(n + 1.0, stage, f"{n}.md", 1.0) for n in range(5) for stage in Stage]
    view = seen([begun(400, unfinished=40), opened(sizes), *done], 5)
    assert (view.to_do, view.done) == (40, 5)
    assert view.stages[Stage.STORE].total == 40
    alone = seen([begun(10), opened(sizes), *done], 5)
    assert view.eta_s is not None
    assert alone.eta_s is not None
    assert view.eta_s > 5 * alone.eta_s


def test_a_shard_of_which_little_is_pending_promises_little() -> None:
    view = seen([begun(1000, unfinished=256), opened({"a.md": 1}, documents=256)], 1)
    assert (view.to_do, view.stages[Stage.CONVERT].total) == (1, 1)


def test_a_shard_that_opens_again_counts_once() -> None:
    shard = opened({"a.md": 1, "b.md": 1})
    assert seen([begun(2), shard, shard], 1).stages[Stage.FETCH].total == 2


def test_a_failed_document_is_named_with_its_code_and_leaves_the_later_stages() -> None:
    events: list[Event] = [
        begun(2),
        opened({"a.md": 1, "b.pdf": 1}),
        ended(1, Stage.CONVERT, "b.pdf", code=ErrorCode.CORRUPT),
    ]
    view = seen(events, 2)
    assert [(error.path, error.code) for error in view.errors] == [("b.pdf", ErrorCode.CORRUPT)]
    assert view.error_codes == {ErrorCode.CORRUPT: 1}
    assert (view.stages[Stage.CONVERT].failed, view.stages[Stage.STORE].total) == (1, 1)
    assert view.done == 1


def test_the_state_of_a_run_without_an_end_is_told_by_its_process() -> None:
    here = socket.gethostname()
    now = (datetime.now(UTC) - START).total_seconds()
    assert seen([begun(1, NOBODY, here)], now, None).state == "killed"
    assert seen([begun(1, os.getpid(), here)], now, None).state == "killed", "the id was given to a later process"
    mine = begun(1, os.getpid(), here).model_copy(update={"time": datetime.now(UTC)})
    assert seen([mine], now, None).state == "running"


def test_a_quarantined_document_has_only_the_stages_behind_it_that_it_reached() -> None:
    unreached = {Stage.CHUNK: 1, Stage.EMBED: 1, Stage.STORE: 1}
    shard = opened({"new.md": 1}, documents=60).model_copy(update={"unreached": unreached})
    stages = seen([begun(60), shard], 1).stages
    assert [stages[stage].before for stage in Stage] == [59, 59, 58, 58, 58]


def test_a_run_has_one_length_whoever_tells_it() -> None:
    its = begun(1).model_copy(update={"run_id": f"{at(-3):%Y%m%dT%H%M%S}.000Z-abcdef"})
    assert seen([its], 10).elapsed_s == 13, "its summary counts from the moment in its id"


def test_a_run_on_another_host_lives_while_it_speaks() -> None:
    sample = Sampled(time=at(100), memory_mb=1, cpu_percent=1)
    assert seen([begun(1), sample], 110, None).state == "running"
    assert seen([begun(1), sample], 300, None).state == "killed"


def test_asking_again_reads_only_whole_new_lines(tmp_path: Path) -> None:
    log, monitor = RunLog(tmp_path), Monitor(tmp_path)
    assert monitor.view().state == "waiting"
    log.append(begun(1, os.getpid(), socket.gethostname()))
    log.append(opened({"a.md": 1}))
    log.document(Stage.FETCH, "a.md", 0.1)
    assert monitor.view().stages[Stage.FETCH].done == 1
    assert monitor.view().stages[Stage.FETCH].done == 1
    half = ended(1, Stage.CONVERT, "a.md").model_dump_json().encode()
    with (tmp_path / "log.jsonl").open("ab") as lines:
        lines.write(half[:40])
        lines.flush()
        assert monitor.view().stages[Stage.CONVERT].done == 0
        lines.write(half[40:] + b"\n")
    assert monitor.view().stages[Stage.CONVERT].done == 1


def test_the_report_of_the_python_face_says_the_same(tmp_path: Path) -> None:
    log = RunLog(tmp_path)
    assert in_python_words(Monitor(tmp_path).view()).current_stage is PipelineStage.INITIALIZATION
    log.append(begun(10, unfinished=2).model_copy(update={"time": datetime.now(UTC)}))
    log.append(opened({"a.md": 1, "b.md": 1}))
    log.append(Sampled(time=datetime.now(UTC), memory_mb=1, cpu_percent=1, current={Stage.CONVERT: ("a.md",)}))
    log.document(Stage.FETCH, "a.md", 0.1)
    log.document(Stage.FETCH, "b.md", 0.1)
    log.document(Stage.STORE, "b.md", 0.1, found=Findings(warnings=("odd",)))
    report = in_python_words(Monitor(tmp_path).view())
    assert report.current_stage is PipelineStage.DOCUMENT_PROCESSING
    assert (report.documents_processed, report.total_documents) == (9, 10)
    assert report.stage_progress["gitlab_ingestion"] == 1
    assert report.stage_progress["vector_storage"] == 0.5
    assert (report.current_document, report.warnings_count, report.estimated_remaining) == ("a.md", 1, None)
