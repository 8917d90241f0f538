"""What is kept in parts when there are very many documents serves as what is kept whole: every step of its life.

Shards of one document, so that forty are as many as eight thousand are by default.
"""

from __future__ import annotations

import random

import pytest
from luigi.execution_summary import LuigiStatusCode

from pipeline.datadir import files
from pipeline.publish import purge, retention
from pipeline.publish.published import is_published, read_published
from pipeline.publish.published_file import StoredParts
from pipeline.publish.verification import verify
from pipeline.run.listing_file import by_path
from pipeline.run.records import Published
from pipeline.run.summary import Summary
from pipeline.schema import Snapshot
from pipeline.store.connection import disconnect
from tests.conftest import Workspace

COUNT = 40
SEED = 20261126


@pytest.fixture
def many(workspace: Workspace) -> Workspace:
    workspace.set("pipeline", "shard_size", "1")
    for number in range(COUNT):
        workspace.write(f"{number:02d}.txt", f"O prazo da norma {number} é de {number} dias.\n")
    run(workspace)
    return workspace


def run(workspace: Workspace) -> Summary:
    disconnect(workspace.run.settings)
    assert workspace.run_all().status is LuigiStatusCode.SUCCESS
    assert verify(workspace.run).exact
    path = workspace.run.data.summary(workspace.run.id)
    return files.read_model(path, Summary) if files.exists(path) else pytest.fail("nothing was done")


def publication(workspace: Workspace) -> Published:
    published = read_published(workspace.run)
    assert published
    return published


def counts(summary: Summary) -> tuple[int, int, int, int, int]:
    return summary.total, summary.new, summary.changed, summary.unchanged, summary.removed


def test_edits_moves_and_departures_are_counted_and_named(many: Workspace) -> None:
    assert isinstance(publication(many).documents, StoredParts)
    assert len(publication(many).documents) == COUNT
    many.write("05.txt", "O prazo da norma 5 é de cem dias.\n")
    many.write("novo.txt", "Texto novo.\n")
    folder = many.root / "30-Aprovados"
    (folder / "07.txt").unlink()
    (folder / "09.txt").rename(folder / "nove.txt")

    summary = run(many)

    assert counts(summary) == (COUNT, 2, 1, COUNT - 3, 2)
    assert (summary.points, publication(many).points) == (COUNT, COUNT)
    assert summary.changes.model_dump() == {
        "new": ("30-Aprovados/novo.txt",),
        "changed": ("30-Aprovados/05.txt",),
        "removed": ("30-Aprovados/07.txt",),
        "renamed": ({"old": "30-Aprovados/09.txt", "new": "30-Aprovados/nove.txt"},),
    }


def test_what_an_earlier_version_wrote_as_one_file_is_taken_up_with_nothing_to_do(many: Workspace) -> None:
    data, before = many.run.data, publication(many)
    listing = many.run.snapshot(before.commit)
    whole = Snapshot(**{name: getattr(listing, name) for name in Snapshot.model_fields})
    facts = {name: getattr(before, name) for name in Published.model_fields}
    files.write_json(many.run.listings.path(before.commit), whole)
    files.write_json(data.published("nic"), Published(**facts | {"documents": dict(before.documents)}))
    for part in (*many.data.glob("snapshots/parts/*"), *many.data.glob("index/*/published/*")):
        part.unlink()
    (digests,) = many.data.glob("index/*/digests.json")
    digests.unlink()
    disconnect(many.run.settings)

    assert many.run_all().status is LuigiStatusCode.SUCCESS
    assert not files.exists(data.summary(many.run.id)), "there was nothing to do"
    assert verify(many.run).exact
    many.write("05.txt", "O prazo da norma 5 é de cem dias.\n")
    assert counts(run(many)) == (COUNT, 0, 1, COUNT - 1, 0)


@pytest.mark.parametrize("pattern", ["snapshots/parts/*", "index/*/published/*", "index/*/digests.json"])
def test_after_damage_to_any_part_one_run_ends_exact(many: Workspace, pattern: str) -> None:
    choose = random.Random(f"{SEED} {pattern}")  # noqa: S311
    for number in range(3):
        file = choose.choice(sorted(many.data.glob(pattern)))
        content = file.read_bytes()
        file.write_bytes(content[: choose.randrange(len(content))])
        many.write("05.txt", f"O prazo da norma 5 é de {number} dias.\n") if number else None
        disconnect(many.run.settings)
        assert many.run_all().status is LuigiStatusCode.SUCCESS
        assert verify(many.run).exact
        assert is_published(many.run, publication(many).commit)


def test_a_purged_document_is_in_no_file_that_lists_or_publishes(many: Workspace) -> None:
    path = "30-Aprovados/05.txt"
    its = by_path(many.run.snapshot(publication(many).commit))[path]
    disconnect(many.run.settings)
    purge.request(many.run, [path])
    purge.finish(many.run)
    left = [file for folder in ("snapshots", "index") for file in (many.data / folder).rglob("*.json")]
    assert left
    named = (path.encode(), its.document_id.encode())
    assert not [file for file in left if any(name in file.read_bytes() for name in named)]
    assert len(publication(many).documents) == COUNT - 1
    run(many)


def test_parts_that_nothing_names_go_after_a_day(many: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    many.write("05.txt", "O prazo da norma 5 é de cem dias.\n")
    run(many)
    everything = [many.run.data.snapshot_parts, many.run.data.published_parts(publication(many).collection)]
    named = {name for each in (publication(many).documents,) if isinstance(each, StoredParts) for name in each.names}
    assert files.names(everything[1]) > named
    retention.collect(many.run, retention.review(many.run))
    assert files.names(everything[1]) > named, "another run may be about to name them"
    later = retention._now(many.run) + 2 * retention._DAY
    monkeypatch.setattr(retention, "_now", lambda _: later)
    retention.collect(many.run, retention.review(many.run))
    assert files.names(everything[1]) == named
    assert verify(many.run).exact
