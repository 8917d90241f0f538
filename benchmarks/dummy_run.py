"""One run of the real tasks over n made-up documents whose stages do nothing, in this process; prints one JSON line.

`python -m benchmarks.dummy_run N DATA_DIR [--changed PATH_NUMBER] [--filled] [--scheduler URL]`: what is measured is
orchestration: Luigi, the flow, targets' names and existence, shards, manifests, finalising. The stages write small
files without waiting for the disk; the store is a table in a file.
"""

from __future__ import annotations

import json
import os
import resource
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import luigi
import psutil
import typer

from benchmarks import filled as filled_directory
from pipeline import RunAll, report
from pipeline.datadir.files import FilePath
from pipeline.engine import Job, Place
from pipeline.flow import flow, stage_jobs, store_document
from pipeline.publish import finalize, published
from pipeline.run.current import Run
from pipeline.run.records import Receipt
from pipeline.scheduling import worker
from pipeline.schema import ChunkedDocument, Conversion, Document, Snapshot, Stage, document_id
from pipeline.settings.operation import EngineSettings
from pipeline.settings.sections import EmbeddingSettings, PipelineSettings, Settings
from pipeline.store.differences import Difference, PointProof, as_text
from pipeline.store.tally import Tally, Wanted
from pipeline.tasks import base, documents, main_job, shard

STARTED = time.monotonic()
_FACTS = Conversion(engine="none", versions={}, ocr_applied=False, quality_score=1).model_dump_json()
_PAGE = 4096
_PROOF = PointProof(bytes(8), (0.0, 0.0, 0.0, 0.0))
_NO_CHUNKS = ChunkedDocument(chunks=(), language="pt-BR", section_count=0, total_tokens=0).model_dump_json()


class MadeUpSource:
    """n documents; the content of one may have changed."""

    def __init__(self, count: int, changed: int) -> None:
        self._count = count
        self._changed = changed

    def head(self) -> str:
        return f"{self._count:020d}{self._changed + 1:020d}"

    def snapshot(self, commit: str) -> Snapshot:
        return Snapshot.model_construct(
            commit=commit,
            source="folder",
            project="p",
            folder="30-Aprovados",
            documents=_MadeUp(self._count, self.document),
        )

    def fetch(self, document: Document, target: FilePath) -> None:
        _write(target)

    def document(self, number: int) -> Document:
        path = f"30-Aprovados/{number // 1000:03d}/documento {number:06d}.pdf"
        sha = f"{number * 7919 % 2**32:08x}{number:031d}{int(number == self._changed)}"
        return Document(
            document_id=document_id("p", path),
            path=path,
            blob_sha=sha,
            size_bytes=number,
            extension="pdf",
            author="NIC",
        )


class _MadeUp(Sequence[Document]):
    """Made one by one when they are asked for: what a source keeps of a listing is its own matter."""

    def __init__(self, count: int, make: Callable[[int], Document]) -> None:
        self._numbers = range(count)
        self._make = make

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, index: Any) -> Any:
        return self._make(self._numbers[index])


class TableStore:
    """Knows what was stored, in a file, as a server would outside this process."""

    is_local = False  # so that what was published is not compared all over again

    def __init__(self, file: Path) -> None:
        self._table = sqlite3.connect(file, check_same_thread=False)
        self._table.execute("CREATE TABLE IF NOT EXISTS stored (id TEXT PRIMARY KEY, version TEXT) WITHOUT ROWID")

    def replace(self, document_id: str, version: str) -> None:
        self._table.execute("REPLACE INTO stored VALUES (?, ?)", (document_id, version))

    def differences(self, wanted: Wanted) -> list[Difference]:
        tally = Tally(wanted)
        points = self._table.execute("SELECT id, version, 0 FROM stored")
        while page := points.fetchmany(_PAGE):
            tally.add(page)
        return tally.differences(tally.listed)

    def proofs(self, ids: list[str] | None) -> Iterator[tuple[str, int, PointProof]]:
        found = self._table.execute("SELECT id FROM stored") if ids is None else ((each,) for each in ids)
        return ((key, 0, _PROOF) for (key,) in found)

    def delete_documents(self, ids: list[str]) -> None:
        self._table.executemany("DELETE FROM stored WHERE id = ?", ((each,) for each in ids))

    def optimise(self) -> None:
        """Nothing to build."""

    def publish(self) -> None:
        self._table.commit()


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def _write(target: FilePath) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(b"{}")


def _convert(target: FilePath, conversion: FilePath) -> None:
    _write(target)
    conversion.write_text(_FACTS)  # the summary reads some


def _chunk(target: FilePath) -> None:
    _write(target)
    target.write_text(_NO_CHUNKS)


def _store(run: Run, store: TableStore, document: Document) -> None:
    version = run.fingerprints.content_version(document)
    receipt = Receipt(
        document_id=document.document_id,
        path=document.path,
        content_version=version,
        collection=run.fingerprints.collection,
        chunk_count=1,
        proof=as_text([_PROOF]),
    )
    target = run.files_of(document).receipt
    target.parent.mkdir(parents=True, exist_ok=True)
    for older in target.parent.glob(f"{document.document_id}-*"):
        older.unlink()
    target.write_text(receipt.model_dump_json())
    store.replace(document.document_id, version)


def _job(run: Run, stage: Stage, document: Document) -> Job:
    target = run.files_of(document).target(stage)
    if stage is Stage.FETCH:
        return Job(str(target), run.source.fetch, (document, target), Place.THREAD)
    if stage is Stage.CONVERT:
        return Job(str(target), _convert, (target, run.files_of(document).conversion))
    return Job(str(target), _chunk if stage is Stage.CHUNK else _write, (target,))


def _store_job(run: Run, store: TableStore, commit: str, document: Document) -> Job:
    return Job(str(run.files_of(document).receipt), _store, (run, store, document), Place.MAIN_THREAD)


def main(
    count: int,
    data: Path,
    changed: Annotated[int, typer.Option(help="number of a document with another content")] = -1,
    *,
    filled: Annotated[bool, typer.Option(help="begin where all documents are stored and nothing is published")] = False,
    scheduler: Annotated[str, typer.Option(help="address of luigid; empty: local scheduler")] = "",
) -> None:
    """Run RunAll and print seconds, seconds of listing, outcome and memory."""
    settings = Settings(
        pipeline=PipelineSettings(data_dir=data),
        engine=EngineSettings(kind="inline"),
        embedding=EmbeddingSettings(backend="torch"),
    )
    run = Run(settings, f"run-{os.getpid()}")
    run.source = MadeUpSource(count, changed)
    for module in (base, documents, main_job, shard, worker):
        vars(module)["current_run"] = lambda: run
    run.data.create()
    store = TableStore(data / "store.db")
    if filled:
        filled_directory.fill(run, store, as_text([_PROOF]), count // 2)
    vars(stage_jobs)["job"], vars(stage_jobs)["store_job"] = _job, _store_job
    for module in (flow, store_document, finalize):
        vars(module)["open_collection"] = lambda run: store
    vars(published)["is_present"] = lambda *_: True
    started = time.monotonic()
    for _ in run.source.snapshot("x").documents:
        pass
    listing_s = time.monotonic() - started
    planned_mb: list[float] = []
    report_run = report.report_run

    def reported(*given: Any) -> None:
        planned_mb.append(_peak_mb())
        report_run(*given)

    vars(main_job)["report_run"] = reported
    address = {"scheduler_url": scheduler} if scheduler else {"local_scheduler": True}
    result = luigi.build([RunAll()], detailed_summary=True, log_level="WARNING", **address)
    memory = psutil.Process().memory_info()
    print(  # noqa: T201
        json.dumps(
            {
                "cpu_s": time.process_time(),
                "seconds": time.monotonic() - started - listing_s,
                "listing_s": listing_s,
                "start_up_s": started - STARTED,
                "status": result.status.name,
                "rss_mb": memory.rss / 1e6,
                "planned_mb": (planned_mb or [_peak_mb()])[0],  # before the report, whose plots take as much again
                "peak_mb": _peak_mb(),
            }
        )
    )


if __name__ == "__main__":
    typer.run(main)
