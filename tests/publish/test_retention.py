"""Nothing that somebody may still need is removed, and nothing else stays for ever."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.datadir import files
from pipeline.datadir.paths import lfs_oid
from pipeline.errors import ErrorCode, TransientError
from pipeline.publish import retention, rollback
from pipeline.publish.published import is_published
from pipeline.publish.verification import verify
from pipeline.run.current import Run
from pipeline.store import local_files
from pipeline.store.connection import disconnect
from tests.conftest import forget_run
from tests.support.byte_scan import places
from tests.support.indexed import Texts, make_run, run_all, store_all

FIRST: Texts = {"30-Aprovados/a.txt": ["a 0", "a 1"], "30-Aprovados/b.txt": ["b 0"]}
SECOND: Texts = {"30-Aprovados/a.txt": ["a 0", "a 1"], "30-Aprovados/c.txt": ["c 0"]}
NewRun = Callable[..., Run]


@pytest.fixture
def new_run(tmp_path: Path) -> Iterator[NewRun]:
    """A run that begins so many days after the first one."""
    made: list[Run] = []
    first = datetime(2026, 1, 1, tzinfo=UTC)

    def new(day: float = 0, size: int = 500, keep: int = 1) -> Run:
        for run in made:
            disconnect(run.settings)
        made.append(make_run(tmp_path / "data", size=size, keep=keep, began=first + timedelta(days=day)))
        return made[-1]

    yield new
    disconnect(made[-1].settings)


def contents(data: Path) -> set[str]:
    return {path.read_text().split()[0] for path in data.glob("documents/*/*/source.txt")}


def collect(run: Run) -> list[tuple[retention.Kind, str]]:
    found = retention.review(run)
    retention.collect(run, found)
    return [(each.kind, each.path.name) for each in found.garbage]


def test_what_left_the_folder_goes_days_after_it_left_whenever_it_was_written(new_run: NewRun, tmp_path: Path) -> None:
    run_all(new_run(), "c1", FIRST)
    run_all(new_run(100), "c2", SECOND)
    assert contents(tmp_path / "data") == {"a", "b", "c"}
    assert collect(new_run(129)) == []

    assert {kind for kind, _ in collect(new_run(130.5))} == {"content", "snapshot"}

    assert contents(tmp_path / "data") == {"a", "c"}
    assert places(["b 0"], tmp_path / "data") == [], "free pages of Qdrant's files included"
    assert [path.name.partition("-")[0] for path in (tmp_path / "data/snapshots").glob("c*")] == ["c2"]
    assert verify(new_run(131)).exact
    assert collect(new_run(200)) == []


def test_what_comes_back_begins_anew(new_run: NewRun, tmp_path: Path) -> None:
    for day, texts in enumerate((FIRST, SECOND, FIRST, SECOND)):
        run_all(new_run(20 * day), f"c{day}", texts)
    collect(new_run(89))
    assert contents(tmp_path / "data") == {"a", "b", "c"}, "gone since day 60, and not since day 20"
    collect(new_run(91))
    assert contents(tmp_path / "data") == {"a", "c"}


def test_files_of_other_settings_go_and_those_of_these_stay(new_run: NewRun, tmp_path: Path) -> None:
    run_all(new_run(0, 100), "c1", FIRST)
    run_all(new_run(60, 200), "c1", FIRST)
    assert len(list((tmp_path / "data/documents").rglob("chunks-*"))) == 4
    assert collect(new_run(89, 200)) == [], "the settings changed on day 60"

    collect(new_run(91, 200))

    assert len(list((tmp_path / "data/documents").rglob("chunks-*"))) == 2
    assert len(list((tmp_path / "data/documents").rglob("source.txt"))) == 2
    assert verify(new_run(92, 200)).exact
    run_all(new_run(93, 100), "c3", FIRST)
    assert verify(new_run(94, 100)).exact


def test_every_generation_that_is_kept_can_be_rolled_back_to(new_run: NewRun, tmp_path: Path) -> None:
    run_all(new_run(0, 100, 2), "c1", FIRST)
    run_all(new_run(1, 200, 2), "c2", SECOND)
    run_all(new_run(2, 300, 2), "c3", {"30-Aprovados/d.txt": ["d 0"]})
    collect(new_run(2, 300, 2))
    collect(new_run(99, 300, 2))
    assert contents(tmp_path / "data") == {"a", "b", "c", "d"}

    for expected in ("c2", "c1"):
        _, published = rollback.roll_back(new_run(100, 300, 2))
        assert published.commit == expected
        assert verify(new_run(100, 300, 2)).exact


def test_what_belongs_to_a_source_stays_with_it(new_run: NewRun) -> None:
    """Git LFS has a hash of its own, without which the source is not believed."""
    run = new_run()
    run_all(run, "c1", FIRST)
    oid = lfs_oid(run.files_of(run.documents("c1")["30-Aprovados/a.txt"]).source)
    files.write_sealed(oid, b"0")
    collect(new_run(1))
    collect(new_run(99))
    assert oid.exists()


def test_a_killed_fetch_leaves_nothing_for_longer_than_a_day(new_run: NewRun, tmp_path: Path) -> None:
    run_all(new_run(), "c1", FIRST)
    part = next((tmp_path / "data/documents").glob("*/*")) / ".source.txt.elsewhere-1-abcdef-x.part"
    part.write_bytes(b"half of")
    assert collect(new_run(1)) == []
    assert collect(new_run(2)) == [("leftover", part.name)]
    assert not part.exists()


def test_listings_and_contents_of_runs_that_failed_go(new_run: NewRun, tmp_path: Path) -> None:
    """What they had fetched and why a document was refused included."""
    run_all(new_run(), "c1", FIRST)
    store_all(new_run(1), "c2", SECOND)
    run_all(new_run(2), "c1", FIRST)
    assert contents(tmp_path / "data") == {"a", "b", "c"}

    gone = collect(new_run(33))

    assert [kind for kind, _ in gone] == ["content", "snapshot"]
    assert contents(tmp_path / "data") == {"a", "b"}
    assert not [folder for folder in (tmp_path / "data/documents").iterdir() if not any(folder.iterdir())]


def test_the_latest_runs_stay_however_old_they_are(new_run: NewRun, tmp_path: Path) -> None:
    runs = tmp_path / "data" / "runs"
    for number in range(25):
        (runs / f"20200101T0000{number:02}.000Z-aaaaaa").mkdir(parents=True)
    gone = [each.path.name for each in retention.review(new_run()).garbage if each.kind == "run"]
    assert gone == [f"20200101T0000{number:02}.000Z-aaaaaa" for number in range(5)]


def test_runs_collect_once_a_day(new_run: NewRun, tmp_path: Path) -> None:
    run_all(new_run(), "c1", FIRST)
    run_all(new_run(1), "c2", SECOND)
    shutil.rmtree(next((tmp_path / "data/documents").glob("*")))
    note = tmp_path / "data/runs/last-collection.json"
    before = note.read_bytes()
    run_all(new_run(1.5), "c3", SECOND)
    assert note.read_bytes() == before
    run_all(new_run(32), "c4", SECOND)
    assert "b" not in contents(tmp_path / "data")


def test_a_run_that_collects_contents_is_finished(new_run: NewRun, tmp_path: Path) -> None:
    """Local files are written anew then, and readers' copy of them must not count as one of other files."""
    run_all(new_run(), "c1", FIRST)
    run_all(new_run(1), "c2", SECOND)
    run = new_run(40)
    run_all(run, "c2", SECOND)
    assert contents(tmp_path / "data") == {"a", "c"}
    assert is_published(run, "c2")


def test_contents_stay_until_local_files_can_be_written_anew(
    new_run: NewRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else nobody would write them anew for what was in them, and free pages would keep its text."""
    run_all(new_run(), "c1", FIRST)
    run_all(new_run(1), "c2", SECOND)
    collect(new_run(2))

    def locked(*_: object) -> None:
        raise TransientError("another process has the files", ErrorCode.STORE_UNREACHABLE)

    run = new_run(40)
    with monkeypatch.context() as patched, pytest.raises(TransientError):
        patched.setattr(local_files, "compact", locked)
        collect(run)
    assert contents(tmp_path / "data") == {"a", "b", "c"}
    assert "content" in {kind for kind, _ in collect(run)}
    assert contents(tmp_path / "data") == {"a", "c"}


def test_gc_shows_first_what_it_would_remove(new_run: NewRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_all(new_run(), "c1", FIRST)
    run_all(new_run(1), "c2", SECOND)
    disconnect(new_run(1).settings)
    monkeypatch.setenv("NIC_DATA_DIR", str(tmp_path / "data"))
    forget_run()
    shown = CliRunner().invoke(app, ["gc", "--dry-run"])
    assert shown.exit_code == 0, shown.output
    assert "would remove content" in shown.output
    assert contents(tmp_path / "data") == {"a", "b", "c"}
    assert "removed" in CliRunner().invoke(app, ["gc"]).output
    assert "b" not in contents(tmp_path / "data")
    forget_run()


def test_a_clock_that_was_ahead_stops_no_collection(new_run: NewRun, tmp_path: Path) -> None:
    run_all(new_run(1000), "c1", FIRST)
    run_all(new_run(1), "c2", SECOND)
    run_all(new_run(32), "c3", SECOND)
    assert "b" not in contents(tmp_path / "data")
