"""A data directory that is full or read-only stops a run with one line; with space again, the next run ends exact."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline import embedding_models
from pipeline.errors import TransientError
from pipeline.settings.sections import EmbeddingSettings
from tests.promises.crashes.harness import Running, Site
from tests.support.disk import make_read_only, mounted

pytestmark = pytest.mark.slow
SIZE = 16 * 2**20


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with mounted(tmp_path / "disk", SIZE) as folder:
        yield folder


def leave(disk: Path, free_bytes: int) -> Path:
    """Fill the disk up to so many bytes."""
    filler = disk / "filler"
    filler.unlink(missing_ok=True)
    state = os.statvfs(disk)
    filler.write_bytes(bytes(max(0, state.f_bavail * state.f_frsize - free_bytes)))
    return filler


def assert_stopped(running: Running, reason: str) -> None:
    """Not finished, and every line about it is a plain one."""
    assert running.process.returncode not in (0, -9), running.text
    assert re.search(reason, running.text), running.text
    assert "Traceback" not in running.text
    assert str(running.data) not in running.text


@pytest.mark.soak
def test_a_full_disk_stops_a_run_at_any_stage_and_the_next_one_goes_on(site: Site, disk: Path) -> None:
    assert_outlived(site, disk, site.new_data(disk), 0, 64 * 1024, 256 * 1024)


def test_a_full_disk_stops_the_run_and_the_next_one_goes_on(site: Site, disk: Path) -> None:
    """With nothing left to do but to store, which is what fails last."""
    assert_outlived(site, disk, site.data_without(folder=disk), 0, 64 * 1024)


def assert_outlived(site: Site, disk: Path, data: Path, *free: int) -> None:
    for free_bytes in free:
        filler = leave(disk, free_bytes)
        assert_stopped(site.run(data), "no space is left|cannot write the local Qdrant files: .*is the disk full")
    filler.unlink()
    site.assert_recovers(data)


def test_a_read_only_data_directory_is_named_in_one_line(site: Site, disk: Path) -> None:
    data = site.new_data(disk)
    make_read_only(disk)
    running = site.run(data)
    assert_stopped(running, "the data directory cannot be used: it is read-only")
    *others, end = running.text.splitlines()
    assert end.startswith("NIC ETL: not finished · the data directory cannot be used: it is read-only; mend that")
    assert [line[:5] for line in others if " INFO " not in line] == ["ERROR"], running.text


def test_a_disk_that_is_too_small_for_the_model_is_named_in_one_line(disk: Path) -> None:
    with pytest.raises(TransientError, match="no space is left on its disk"):
        embedding_models.prepare(EmbeddingSettings(), disk / "models")
    assert list((disk / "models").iterdir()) == []
