"""Runs as they are found on disk, made up: a folder with a summary and a log, without running anything."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline.datadir import files
from pipeline.errors import ErrorCode
from pipeline.run.events import Begun, DocumentEnded, Ended, Event, Sampled
from pipeline.run.facts import read_facts
from pipeline.run.findings import Collected, Findings
from pipeline.run.summary import Changes, FailedDocument, Histogram, Machine, Renamed, SlowDocument, Summary
from pipeline.schema import Failure, SkippedFile, Stage
from tests.support.gaps import FOUND

START = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
RUN_ID = "20260301T120000.000Z-abc123"
SECONDS = {Stage.FETCH: 0.1, Stage.CONVERT: 2.0, Stage.CHUNK: 0.2, Stage.EMBED: 0.6, Stage.STORE: 0.1}  # of a document
STEP_S = 1.5  # two documents are worked on at the same time


def begun(pid: int = 1, host: str = "elsewhere") -> Begun:
    return Begun(
        time=START,
        run_id=RUN_ID,
        pid=pid,
        host=host,
        commit="c" * 40,
        config_hash="0" * 12,
        documents=40,
        unfinished=40,
        workers=2,
    )


def ended(outcome: Any, after_s: float = 70.0) -> Ended:
    return Ended(time=START + timedelta(seconds=after_s), outcome=outcome)


def document_events(paths: Iterable[str], stages: Iterable[Stage] = tuple(Stage)) -> Iterable[DocumentEnded]:
    """Every document through the stages, beginning a step after the one before it."""
    for number, path in enumerate(paths):
        moment = START + timedelta(seconds=5 + number * STEP_S)
        for stage in stages:
            moment += timedelta(seconds=SECONDS[stage])
            yield DocumentEnded(time=moment, stage=stage, path=path, seconds=SECONDS[stage])


def samples(seconds: int) -> Iterable[Sampled]:
    for second in range(0, seconds, 5):
        moment = START + timedelta(seconds=second)
        yield Sampled(time=moment, memory_mb=900.0 + second, cpu_percent=150.0)


def write_log(folder: Path, events: Iterable[Event]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    lines = (event.model_dump_json(exclude_none=True) for event in events)
    (folder / "log.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def failed(path: str, code: ErrorCode, message: str, permanent: bool = True) -> FailedDocument:
    failure = Failure(stage=Stage.CONVERT, code=code, message=message, permanent=permanent, run_id=RUN_ID, time=START)
    return FailedDocument(path=path, failure=failure)


def write_run(data: Path, names: list[str], run_id: str = RUN_ID, **changes: Any) -> Path:
    """A finished run over these documents, with something in every part of its summary; returns its folder."""
    folder = data / "runs" / run_id
    write_log(folder, [begun(), *document_events(names), *samples(70), ended("finished")])
    files.write_json(folder / "summary.json", summary(folder, names, run_id).model_copy(update=changes))
    return folder


def summary(folder: Path, names: list[str], run_id: str) -> Summary:
    return Summary(
        schema_version=3,
        run_id=run_id,
        outcome="finished",
        commit="c" * 40,
        collection="nic__0123456789ab",
        alias="nic",
        embedding_model="bundled",
        pipeline_version="1.0.0",
        config_hash="0" * 12,
        started=START,
        seconds=70.0,
        total=len(names) + 1,
        new=len(names),
        changed=1,
        unchanged=0,
        removed=2,
        renamed=1,
        quarantined=(failed(names[0], ErrorCode.CORRUPT, f"{names[0]} cannot be opened"),),
        skipped=(SkippedFile(path=names[-1], reason="unsupported format .zip"),),
        points=4 * len(names),
        stages=read_facts(folder).summaries(),
        warnings=collected(names).warned,
        changes=Changes(
            new=tuple(names),
            changed=(names[0],),
            removed=(names[0],),
            renamed=(Renamed(old=names[0], new=names[-1]),),
        ),
        environment="staging",
        settings={"chunking": {"target_chunk_size": 500}, "source": {"supported_extensions": ["pdf", "md"]}},
        versions={"docling": "2.143.0"},
        machine=Machine(platform="Linux x86_64", python="3.11.2", cores=2, memory_mb=8000),
        slowest=tuple(SlowDocument(path=name, seconds=3.0, stages=SECONDS) for name in names[:10]),
        chunk_tokens=Histogram(edges=(0.0, 100.0, 200.0), counts=(30, 12), documents=40),
        ocr_scores=Histogram(edges=(0.0, 0.5, 1.0), counts=(1, 7), documents=8),
        memory_peak_mb=965.0,
        cpu_mean_percent=150.0,
        text_coverage=collected(names).text_coverage,
    )


def collected(names: list[str]) -> Collected:
    """Every document has a warning, and the first lacks text."""
    found = Collected(200)
    for number, name in enumerate(names):
        gaps = None if number else FOUND.gaps
        found.add(name, Findings(warnings=("approved, but the document names no approver",), gaps=gaps))
    return found
