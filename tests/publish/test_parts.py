"""What is kept in parts when there are very many documents serves as what is kept whole, in every step of its life.

Shards of one document, so that forty are as many as eight thousand are by default.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.datadir import files, folders
from pipeline.publish import purge, retention
from pipeline.publish.published import is_published, read_published
from pipeline.publish.published_file import StoredParts
from pipeline.publish.verification import verify
from pipeline.run.current import Run
from pipeline.run.records import Published
from pipeline.schema import Snapshot, document_id
from pipeline.store.connection import disconnect
from tests.support.indexed import make_run, run_all

COUNT = 40
TEXTS = {f"30-Aprovados/{number:02d}.txt": [f"norma {number}"] for number in range(COUNT)}
NewRun = Callable[[], Run]


@pytest.fixture
def new(tmp_path: Path) -> NewRun:
    """A run as another process would begin it, after TEXTS were published at commit c1."""
    made: list[Run] = []

    def new_run() -> Run:
        for run in made:
            disconnect(run.settings)
        made.append(make_run(tmp_path / "data", shard_size=1))
        return made[-1]

    run_all(new_run(), "c1", TEXTS)
    return new_run


def publication(run: Run) -> Published:
    published = read_published(run)
    assert published
    return published


def parts(run: Run) -> StoredParts:
    documents = publication(run).documents
    assert isinstance(documents, StoredParts)
    return documents


def test_edits_moves_and_departures_are_counted_and_named(new: NewRun) -> None:
    assert (len(parts(new())), publication(new()).points, verify(new()).exact) == (COUNT, COUNT, True)
    texts = TEXTS | {"30-Aprovados/05.txt": ["cem", "dias"], "30-Aprovados/novo.txt": ["novo"]}
    texts["30-Aprovados/nove.txt"] = texts.pop("30-Aprovados/09.txt")
    del texts["30-Aprovados/07.txt"]

    summary = run_all(new(), "c2", texts)

    assert (summary.total, summary.new, summary.changed, summary.removed, summary.unchanged) == (40, 2, 1, 2, 37)
    assert summary.points == publication(new()).points == COUNT + 1
    assert summary.changes.model_dump() == {
        "new": ("30-Aprovados/novo.txt",),
        "changed": ("30-Aprovados/05.txt",),
        "removed": ("30-Aprovados/07.txt",),
        "renamed": ({"old": "30-Aprovados/09.txt", "new": "30-Aprovados/nove.txt"},),
    }
    assert verify(new()).exact


def test_what_an_earlier_version_wrote_as_one_file_is_current(new: NewRun) -> None:
    run = new()
    before, listing = publication(run), run.snapshot("c1")
    facts = {name: getattr(listing, name) for name in Snapshot.model_fields}
    whole = Snapshot(**facts | {"documents": tuple(listing.documents)})
    facts = {name: getattr(before, name) for name in Published.model_fields}
    published = Published(**facts | {"documents": dict(before.documents)})
    for folder in (run.data.snapshot_parts, run.data.published_parts(before.collection)):
        folders.remove_folder(folder)
    files.write_json(run.listings.path("c1"), whole)
    files.write_json(run.data.published("nic"), published)

    assert is_published(new(), "c1")
    assert verify(new()).exact
    assert run_all(new(), "c2", TEXTS | {"30-Aprovados/05.txt": ["cem dias"]}).changed == 1
    assert verify(new()).exact


@pytest.mark.parametrize("pattern", ["snapshots/parts/*", "index/*/published/*"])
def test_a_damaged_part_is_noticed_and_made_again(new: NewRun, tmp_path: Path, pattern: str) -> None:
    damaged = min((tmp_path / "data").glob(pattern))
    damaged.write_bytes(damaged.read_bytes()[:-80])
    assert not is_published(new(), "c1")
    run_all(new(), "c1", TEXTS)
    assert is_published(new(), "c1")
    assert verify(new()).exact


@pytest.mark.parametrize("by", ["path", "content"])
def test_a_purged_document_is_in_no_file_that_lists_or_publishes(new: NewRun, tmp_path: Path, by: str) -> None:
    """Nor in the parts that are not named any more, which would stay for a day."""
    path = "30-Aprovados/05.txt"
    run = new()
    purge.request(run, [path if by == "path" else run.documents("c1")[path].blob_sha])
    purge.finish(run)
    left = [file for folder in ("snapshots", "index") for file in (tmp_path / "data" / folder).rglob("*.json")]
    named = (path.encode(), document_id("p", path).encode())
    assert left
    assert not [file for file in left if any(name in file.read_bytes() for name in named)]
    assert len(publication(new()).documents) == COUNT - 1


def test_parts_that_nothing_names_go_after_a_day(new: NewRun, monkeypatch: pytest.MonkeyPatch) -> None:
    run_all(new(), "c2", TEXTS | {"30-Aprovados/05.txt": ["cem dias"]})
    run = new()
    folder, named = run.data.published_parts(publication(run).collection), set(parts(run).names)
    assert files.names(folder) > named
    retention.collect(run, retention.review(run))
    assert files.names(folder) > named, "another run may be about to name them"
    later = retention._now(run) + 2 * retention._DAY
    monkeypatch.setattr(retention, "_now", lambda _: later)
    retention.collect(run, retention.review(run))
    assert files.names(folder) == named
    assert verify(new()).exact
