"""The data directory grows with what is kept, and not with what happened."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.publish import rollback
from pipeline.publish.published import read_published
from pipeline.publish.verification import verify
from pipeline.run.current import Run
from pipeline.store.connection import disconnect
from tests.support.indexed import make_run, run_all, store_all

SEED = 20261126
DOCUMENTS = 8
SIZES = (100, 200, 300)
"""Of chunks; each has a collection of its own."""


class Folder:
    """A folder of about so many documents, to which something happens before every run."""

    def __init__(self, choose: random.Random) -> None:
        self._choose = choose
        self._made = 0
        self.size = SIZES[0]
        self.texts: dict[str, list[str]] = {}
        while len(self.texts) < DOCUMENTS:
            self._write(f"30-Aprovados/{len(self.texts)}.txt")

    def _write(self, path: str) -> None:
        self._made += 1
        self.texts[path] = [f"Texto {self._made}, trecho {each}." for each in range(self._choose.randint(1, 4))]

    def change(self) -> None:
        path = self._choose.choice(sorted(self.texts))
        match self._choose.randrange(5):
            case 0:
                self._write(path)
            case 1:
                self.texts[f"30-Aprovados/{self._made}-outro.txt"] = self.texts.pop(path)
            case 2:
                del self.texts[path]
                self._write(f"30-Aprovados/novo {self._made}.txt")
            case 3:
                self.size = self._choose.choice(SIZES)


def used(data: Path) -> tuple[int, int]:
    """Bytes and files."""
    sizes = [path.stat().st_size for path in data.rglob("*") if path.is_file()]
    return sum(sizes), len(sizes)


def prove_every_state(data: Path, size: int, began: datetime) -> None:
    """What readers see is exact, and so is what a rollback gives them, and what taking it back does."""
    assert verify(fresh(data, size, began)).exact
    published = read_published(fresh(data, size, began))
    assert published
    if published.previous:
        rollback.roll_back(fresh(data, size, began))
        assert verify(fresh(data, size, began)).exact
        rollback.undo(fresh(data, size, began))
        assert verify(fresh(data, size, began)).exact


def fresh(data: Path, size: int, began: datetime) -> Run:
    made = make_run(data, size=size, began=began)
    disconnect(made.settings)
    return made


@pytest.mark.slow
def test_the_disk_holds_what_is_kept_after_many_runs(tmp_path: Path) -> None:
    run_and_measure(tmp_path / "data", runs=40, days_between=10, proofs=20)


@pytest.mark.soak
def test_the_disk_holds_what_is_kept_after_300_runs(tmp_path: Path) -> None:
    run_and_measure(tmp_path / "data", runs=300, days_between=1, proofs=20)


def run_and_measure(data: Path, runs: int, days_between: int, proofs: int) -> None:
    """Under the default retention; one run in ten is killed before it publishes. Settings do not change around that: a
    collection that was left half changed is nothing to go back to."""
    choose = random.Random(SEED)  # noqa: S311
    folder, measured, published_size = Folder(choose), [], SIZES[0]
    for number in range(runs):
        began = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number * days_between)
        folder.change()
        is_killed = number % 10 == 5
        if number % 10 in (5, 6):
            folder.size = published_size
        run = fresh(data, folder.size, began)
        (store_all if is_killed else run_all)(run, f"c{number}", folder.texts)
        published_size = folder.size
        disconnect(run.settings)
        measured.append(used(data))
        if number % proofs == proofs - 1:
            prove_every_state(data, folder.size, began)
    half, end = measured[runs // 3 : runs * 2 // 3], measured[runs * 2 // 3 :]
    for what in (0, 1):
        before, after = max(each[what] for each in half), max(each[what] for each in end)
        assert after < 1.3 * before, f"after the longest that anything is kept, nothing is added: {measured}"
