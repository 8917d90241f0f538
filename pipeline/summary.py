"""What a run did: counts, failures and times, as data for machines and as a table for people."""

from __future__ import annotations

import time
from collections import Counter

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipeline import measures
from pipeline.config import __version__
from pipeline.results import SUMMARY_VERSION, Published, StageSummary, StoredVersion, Summary
from pipeline.run import Run
from pipeline.schema import Stage


def summarise(run: Run, commit: str, before: Published | None, wanted: dict[str, StoredVersion]) -> Summary:
    """Compare the snapshot with what was published `before`; `wanted` is what is stored now."""
    snapshot = run.snapshot(commit)
    old = before.documents if before else {}
    here = {document.document_id for document in snapshot.documents}
    failures = run.failed(document for document in snapshot.documents if document.document_id not in wanted)
    quarantined = tuple(failed for failed in failures if failed.failure.permanent)
    failed = tuple(failed for failed in failures if not failed.failure.permanent)
    new = sum(key not in old for key in wanted)
    changed = sum(key in old and old[key].content_version != version.content_version for key, version in wanted.items())
    stages = {stage: _with_rate(done) for stage, done in run.log.stages().items()}
    work = measures.Work(run.log.folder, stages)
    changes, renamed = measures.compare(run, snapshot, before, wanted)
    memory_peak_mb, cpu_mean_percent = run.log.usage()
    return Summary(
        schema_version=SUMMARY_VERSION,
        run_id=run.id,
        outcome="incomplete" if len(wanted) + len(quarantined) < len(snapshot.documents) else "finished",
        commit=commit,
        collection=run.fingerprints.collection,
        alias=run.settings.qdrant.collection_name,
        embedding_model=run.settings.embedding.model_name,
        pipeline_version=__version__,
        config_hash=run.settings.config_hash,
        started=run.log.started,
        seconds=time.monotonic() - run.started,
        total=len(snapshot.documents),
        new=new,
        changed=changed,
        unchanged=len(wanted) - new - changed,
        removed=len(set(old) - here),
        quarantined=quarantined,
        failed=failed,
        skipped=snapshot.skipped,
        points=sum(version.chunk_count for version in wanted.values()),
        stages=stages,
        warnings=dict(Counter(warning for version in wanted.values() for warning in version.warnings)),
        renamed=renamed,
        changes=changes,
        environment=run.settings.environment,
        settings=measures.settings_in_force(run.settings),
        versions=measures.library_versions(),
        machine=measures.machine(),
        slowest=work.slowest(),
        chunk_tokens=work.chunk_tokens(run, run.documents(commit)),
        ocr_scores=work.ocr_scores(run, run.documents(commit)),
        memory_peak_mb=memory_peak_mb,
        cpu_mean_percent=cpu_mean_percent,
    )


def _with_rate(done: StageSummary) -> StageSummary:
    rate = round(done.documents / done.elapsed_s, 3) if done.elapsed_s else None
    return done.model_copy(update={"documents_per_s": rate})


def show(summary: Summary, console: Console | None = None) -> None:
    """Print a summary for people: outcome, documents, stages, then every document that is not searchable and why."""
    console = console or Console(highlight=False, soft_wrap=True)
    finished = summary.outcome == "finished"
    console.print()
    console.print(
        Text(
            "NIC ETL: finished" if finished else "NIC ETL: not finished", style="bold green" if finished else "bold red"
        )
        + Text(f" · {summary.seconds:.0f} s · run {summary.run_id}", style="default not bold")
    )
    if finished:
        console.print(
            f"collection {summary.alias} holds exactly commit {summary.commit[:12]}: "
            f"{summary.total - len(summary.quarantined)} documents, {summary.points} chunks"
        )
    console.print(_documents(summary))
    console.print(_stages(summary))
    _list(console, "quarantined", [(f.path, f.failure.reason) for f in summary.quarantined])
    _list(console, "failed in this run", [(f.path, f.failure.reason) for f in summary.failed])
    _list(console, "skipped", [(file.path, file.reason) for file in summary.skipped])
    for warning, count in summary.warnings.items():
        console.print(f"warning: {warning}: {count} document{'s' if count > 1 else ''}")


def show_up_to_date(alias: str, commit: str) -> None:
    """Say that a run had nothing to do."""
    Console(highlight=False, soft_wrap=True).print(
        f"NIC ETL: nothing to do; collection {alias} already holds exactly commit {commit[:12]}"
    )


def _documents(summary: Summary) -> Table:
    table = Table(box=None, pad_edge=False)
    counts = {
        "documents": summary.total,
        "new": summary.new,
        "changed": summary.changed,
        "unchanged": summary.unchanged,
        "removed": summary.removed,
        "quarantined": len(summary.quarantined),
        "failed": len(summary.failed),
        "skipped": len(summary.skipped),
    }
    for name in counts:
        table.add_column(name, justify="right")
    table.add_row(*(str(count) for count in counts.values()))
    return table


def _stages(summary: Summary) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("stage", "documents", "failed", "elapsed s", "work s"):
        table.add_column(name, justify="left" if name == "stage" else "right")
    for stage in Stage:
        if stage in summary.stages:
            done = summary.stages[stage]
            table.add_row(stage, str(done.documents), str(done.failed), f"{done.elapsed_s:.1f}", f"{done.work_s:.1f}")
    return table


def _list(console: Console, title: str, rows: list[tuple[str, str]]) -> None:
    if rows:
        console.print(f"[bold]{title}[/bold]")
    for path, reason in rows:
        console.print(f"  {path}: {reason}", markup=False)
