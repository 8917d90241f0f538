"""The contents that a document had, as far as the listings that are kept tell."""

from __future__ import annotations

import os
from pathlib import Path

from pipeline.run.current import Run
from pipeline.schema import Document, Snapshot
from pipeline.settings.sections import PipelineSettings, Settings
from pipeline.web.library.versions import list_versions
from tests.support.stored import make_document


def listed(run: Run, commit: str, moment: float, *documents: Document) -> None:
    run.listings.keep(Snapshot(commit=commit, source="folder", project="p", folder="30-Aprovados", documents=documents))
    path = Path(str(run.listings.path(commit)))
    os.utime(path, (moment, moment))


def test_each_content_is_a_version_latest_first_and_the_published_one_is_named(tmp_path: Path) -> None:
    run = Run(Settings(pipeline=PipelineSettings(data_dir=str(tmp_path))), "r")
    run.data.create()
    first = make_document("30-Aprovados/a.md")
    second = first.model_copy(update={"blob_sha": "b" * 40})
    other = make_document("30-Aprovados/b.md")
    listed(run, "1" * 40, 1000, first, other)
    listed(run, "2" * 40, 2000, first)
    listed(run, "3" * 40, 3000, second)
    Path(str(run.listings.path("4" * 40))).write_text("damaged")
    found = list_versions(run, first)
    assert [(version.blob_sha, version.is_published) for version in found] == [
        (second.blob_sha, False),
        (first.blob_sha, True),
    ]
    assert found[1].listed.timestamp() == 1000, "the listing that has it first"
    assert list_versions(run, None) == []
