"""What a killed process left half-written goes at the next run, wherever it is; what is being written stays."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.datadir import leftovers
from pipeline.datadir.files import temporary_path
from pipeline.datadir.paths import DataDir

DAY_S = 86_400
WRITE_AND_DIE = (
    "import os, pathlib, sys; from pipeline.datadir import files\n"
    "with files.atomic(pathlib.Path(sys.argv[1])) as temporary:\n"
    "    temporary.write_text('half'); os.kill(os.getpid(), 9)"
)


@pytest.fixture
def data(tmp_path: Path) -> DataDir:
    made = DataDir.at(str(tmp_path))
    made.create()
    return made


def of_another_host(folder: Path, age_s: float = 0.0) -> Path:
    """A leftover as a container of another name leaves it, as old as the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    found = folder / ".source.pdf.another-host.example-17-0a1b2c-x_y.part"
    found.touch()
    for path in (found, folder):
        os.utime(path, (time.time() - age_s,) * 2)
    return found


@pytest.mark.parametrize(
    "target", ["documents/ab/abcd/source.pdf", "snapshots/c1-f.json", "index/nic.json", "runs/r1/summary.json"]
)
def test_what_a_killed_process_left_goes_although_nobody_writes_there_again(data: DataDir, target: str) -> None:
    file = Path(str(data.root)) / target
    file.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, "-c", WRITE_AND_DIE, str(file)], check=False)
    assert len(list(file.parent.glob(".*.part"))) == 1
    data.tidy()
    assert list(file.parent.glob(".*.part")) == []


def test_what_a_living_process_writes_stays(data: DataDir) -> None:
    mine = temporary_path(data.source("ab" * 20, "pdf"), "1-4")
    assert isinstance(mine, Path)
    mine.parent.mkdir(parents=True)
    mine.touch()
    data.tidy()
    assert mine.exists()


def test_of_another_host_it_goes_after_a_day_in_whichever_run_that_is(data: DataDir) -> None:
    """Containers have a new name each time; whether their processes live, nobody here can tell."""
    folder = data.document("ab" * 20)
    assert isinstance(folder, Path)
    young = of_another_host(folder)
    data.tidy()
    assert young.exists()
    old = of_another_host(folder, 1.5 * DAY_S)
    data.tidy()
    assert not old.exists()


def test_folders_that_nobody_touched_are_not_looked_into(data: DataDir, monkeypatch: pytest.MonkeyPatch) -> None:
    """At a hundred thousand documents that would be felt in every run."""
    data.tidy()
    of_another_host(Path(str(data.document("ab" * 20))), 9 * DAY_S)
    of_another_host(Path(str(data.document("cd" * 20))), 1 * DAY_S)
    looked_into: list[Path] = []
    monkeypatch.setattr(leftovers, "remove_leftovers", lambda folder, pattern="": looked_into.append(folder))
    data.tidy()
    assert [path.name for path in looked_into if path.parent.parent.name == "documents"] == ["cd" * 20]
