"""How far what readers see is behind the listing that is known."""

from __future__ import annotations

import os
from pathlib import Path

from pipeline.datadir import files
from pipeline.run.current import Run
from pipeline.run.records import Published, StoredVersion
from pipeline.schema import Snapshot
from pipeline.settings.sections import PipelineSettings, Settings
from pipeline.web.library.standing import read_standing
from tests.support.stored import make_document


def test_what_is_new_changed_or_gone_since_is_counted(tmp_path: Path) -> None:
    run = Run(Settings(pipeline=PipelineSettings(data_dir=str(tmp_path))), "r")
    run.data.create()
    same, changed, new, gone = (make_document(f"30-Aprovados/{name}.md") for name in ("same", "changed", "new", "gone"))
    known = {
        each.document_id: StoredVersion(content_version=run.fingerprints.content_version(each), chunk_count=1)
        for each in (same, changed, gone)
    }
    now = (same, changed.model_copy(update={"blob_sha": "b" * 40}), new)
    published = Published(commit="1" * 40, collection="nic__a", fingerprint="f", points=3, documents=known)
    files.write_json(run.data.published("nic"), published)
    listing = Snapshot(commit="2" * 40, source="folder", project="p", folder="30-Aprovados", documents=now)
    run.listings.keep(listing)
    run.listings.note_latest(listing.commit)
    standing = read_standing(run)
    assert (standing.is_current, standing.waiting) == (False, 3)
    files.write_json(run.data.published("nic"), published.model_copy(update={"commit": listing.commit}))
    assert (read_standing(run).is_current, read_standing(run).waiting) == (True, 0)


def test_it_says_when_a_run_looked_at_the_source_last_though_nothing_had_changed(tmp_path: Path) -> None:
    run = Run(Settings(pipeline=PipelineSettings(data_dir=str(tmp_path))), "r")
    run.data.create()
    run.listings.note_latest("1" * 40)
    os.utime(str(run.data.latest_snapshot), (0, 0))
    run.listings.note_latest("1" * 40)
    listed = read_standing(run).listed
    assert listed
    assert listed.year > 1970
