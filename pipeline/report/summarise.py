"""What a run did: counts, failures and times, as data."""

from __future__ import annotations

import time

from pipeline.flow.text_limit import collect_findings
from pipeline.report import facts
from pipeline.run.current import Run
from pipeline.run.facts import read_facts
from pipeline.run.records import Published, StoredVersion
from pipeline.run.summary import SUMMARY_VERSION, StageSummary, Summary
from pipeline.settings.sections import __version__


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
    did = read_facts(run.log.folder)
    changes, renamed = facts.compare(run, snapshot, before, wanted)
    found = collect_findings(run, snapshot.documents, wanted, facts.MAX_LISTED)
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
        stages={stage: _with_rate(done) for stage, done in did.summaries().items()},
        warnings=found.warned,
        renamed=renamed,
        changes=changes,
        environment=run.settings.environment,
        settings=facts.settings_in_force(run.settings),
        versions=facts.library_versions(),
        machine=facts.machine(),
        slowest=facts.slowest(did),
        chunk_tokens=facts.chunk_tokens(run, did, run.documents(commit)),
        ocr_scores=facts.ocr_scores(run, did, run.documents(commit)),
        memory_peak_mb=did.memory_peak_mb,
        cpu_mean_percent=did.cpu_mean_percent,
        text_coverage=found.text_coverage,
    )


def _with_rate(done: StageSummary) -> StageSummary:
    rate = round(done.documents / done.elapsed_s, 3) if done.elapsed_s else None
    return done.model_copy(update={"documents_per_s": rate})
