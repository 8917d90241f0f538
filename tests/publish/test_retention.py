"""Nothing that somebody may still need is removed, and nothing else stays for ever."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.publish import retention, rollback
from pipeline.publish.verification import verify
from pipeline.run.current import Run
from pipeline.store.connection import disconnect
from tests.conftest import forget_run
from tests.support.indexed import Texts, make_run, run_all

FIRST: Texts = {"30-Aprovados/a.txt": ["a 0", "a 1"], "30-Aprovados/b.txt": ["b 0"]}
SECOND: Texts = {"30-Aprovados/a.txt": ["a 0", "a 1"], "30-Aprovados/c.txt": ["c 0"]}
DAYS_31 = 31 * 86_400


@pytest.fixture
def new_run(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    made: list[Run] = []

    def new(size: int = 500) -> Run:
        for run in made:
            disconnect(run.settings)
        made.append(make_run(tmp_path / "data", size=size))
        return made[-1]

    yield new
    disconnect(made[-1].settings)


def grow_old(data: Path, seconds: float = DAYS_31) -> None:
    """As if all that is there had been written so long ago."""
    then = time.time() - seconds
    for path in data.rglob("*"):
        os.utime(path, (then, then))


def contents(data: Path) -> set[str]:
    return {path.read_text().split()[0] for path in data.glob("documents/*/*/source.txt")}


def test_what_left_the_folder_goes_when_it_is_old_and_not_before(new_run: Callable[..., Run], tmp_path: Path) -> None:
    run_all(new_run(), "c1", FIRST)
    run_all(new_run(), "c2", SECOND)
    assert retention.review(new_run()) == []
    assert contents(tmp_path / "data") == {"a", "b", "c"}

    grow_old(tmp_path / "data")
    run = new_run()
    found = retention.review(run)
    assert {each.kind for each in found} == {"content", "snapshot"}
    retention.collect(run, found)

    assert contents(tmp_path / "data") == {"a", "c"}
    assert [path.name.partition("-")[0] for path in (tmp_path / "data/snapshots").glob("c*")] == ["c2"]
    assert verify(new_run()).exact
    assert retention.review(new_run()) == []


def test_files_of_other_settings_go_and_those_of_these_stay(new_run: Callable[..., Run], tmp_path: Path) -> None:
    run_all(new_run(100), "c1", FIRST)
    run_all(new_run(200), "c1", FIRST)
    before = set((tmp_path / "data/documents").rglob("chunks-*"))
    assert len(before) == 4

    grow_old(tmp_path / "data")
    run = new_run(200)
    retention.collect(run, retention.review(run))

    assert len(list((tmp_path / "data/documents").rglob("chunks-*"))) == 2
    assert len(list((tmp_path / "data/documents").rglob("source.txt"))) == 2
    assert verify(new_run(200)).exact
    run_all(new_run(100), "c3", FIRST)
    assert verify(new_run(100)).exact


def test_a_rollback_that_is_possible_stays_possible(new_run: Callable[..., Run], tmp_path: Path) -> None:
    run_all(new_run(100), "c1", FIRST)
    run_all(new_run(200), "c2", SECOND)
    grow_old(tmp_path / "data")
    run = new_run(200)
    retention.collect(run, retention.review(run))
    assert contents(tmp_path / "data") == {"a", "b", "c"}

    rollback.roll_back(new_run(200))

    assert verify(new_run(200)).exact


def test_the_latest_runs_stay_however_old_they_are(new_run: Callable[..., Run], tmp_path: Path) -> None:
    runs = tmp_path / "data" / "runs"
    for number in range(25):
        (runs / f"20200101T0000{number:02}.000Z-aaaaaa").mkdir(parents=True)
    gone = [each.path for each in retention.review(new_run()) if each.kind == "run"]
    assert gone == [f"runs/20200101T0000{number:02}.000Z-aaaaaa" for number in range(5)]


def test_runs_collect_once_a_day(new_run: Callable[..., Run], tmp_path: Path) -> None:
    run_all(new_run(), "c1", FIRST)
    run_all(new_run(), "c2", SECOND)
    grow_old(tmp_path / "data")
    run_all(new_run(), "c3", SECOND)
    assert contents(tmp_path / "data") == {"a", "c"}
    assert retention.collect_daily(new_run()) == []


def test_gc_shows_first_what_it_would_remove(
    new_run: Callable[..., Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_all(new_run(), "c1", FIRST)
    run_all(new_run(), "c2", SECOND)
    grow_old(tmp_path / "data")
    monkeypatch.setenv("NIC_DATA_DIR", str(tmp_path / "data"))
    forget_run()
    shown = CliRunner().invoke(app, ["gc", "--dry-run"])
    assert shown.exit_code == 0, shown.output
    assert "would remove content" in shown.output
    assert contents(tmp_path / "data") == {"a", "b", "c"}
    assert "removed" in CliRunner().invoke(app, ["gc"]).output
    assert "b" not in contents(tmp_path / "data")
    forget_run()
