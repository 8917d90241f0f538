"""What a run did: counts, failures and times, as data."""

from __future__ import annotations

import time
from collections.abc import Mapping

from pipeline.report import facts
from pipeline.report.changes import compare
from pipeline.run.current import Run
from pipeline.run.facts import read_facts
from pipeline.run.records import Published, StoredVersion
from pipeline.run.summary import SUMMARY_VERSION, StageSummary, Summary
from pipeline.settings.sections import __version__


def summarise(run: Run, commit: str, before: Published | None, wanted: Mapping[str, StoredVersion]) -> Summary:
    """Compare the snapshot with what was published `before`; `wanted` is what is stored now."""
    snapshot = run.snapshot(commit)
    found = compare(run, snapshot, before, wanted)
    failures = sorted(found.failures, key=lambda failed: failed.path)
    quarantined = tuple(failed for failed in failures if failed.failure.permanent)
    failed = tuple(failed for failed in failures if not failed.failure.permanent)
    did = read_facts(run.log.folder)
    return Summary(
        schema_version=SUMMARY_VERSION,
        run_id=run.id,
        outcome="incomplete" if found.stored + len(quarantined) < len(snapshot.documents) else "finished",
        commit=commit,
        collection=run.fingerprints.collection,
        alias=run.settings.qdrant.collection_name,
        embedding_model=run.settings.embedding.model_name,
        pipeline_version=__version__,
        config_hash=run.settings.config_hash,
        started=run.log.started,
        seconds=time.monotonic() - run.started,
        total=len(snapshot.documents),
        new=found.new,
        changed=found.changed,
        unchanged=found.stored - found.new - found.changed,
        removed=found.removed,
        quarantined=quarantined,
        failed=failed,
        skipped=snapshot.skipped,
        points=found.points,
        stages={stage: _with_rate(done) for stage, done in did.summaries().items()},
        warnings=found.findings.warned,
        renamed=found.renamed,
        changes=found.changes,
        environment=run.settings.environment,
        settings=facts.settings_in_force(run.settings),
        versions=facts.library_versions(),
        machine=facts.machine(),
        slowest=facts.slowest(did),
        chunk_tokens=facts.chunk_tokens(run, did, run.documents(commit)),
        ocr_scores=facts.ocr_scores(run, did, run.documents(commit)),
        memory_peak_mb=did.memory_peak_mb,
        cpu_mean_percent=did.cpu_mean_percent,
        text_coverage=found.findings.text_coverage,
    )


def _with_rate(done: StageSummary) -> StageSummary:
    rate = round(done.documents / done.elapsed_s, 3) if done.elapsed_s else None
    return done.model_copy(update={"documents_per_s": rate})
