"""How many processes a run gets from cores and memory, and what it says when it would not fit."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from pipeline.engine import resources
from pipeline.engine.resources import PLANNER_MB, WORKER_MB, capacity, cgroup_memory_left, planned_workers, warn
from pipeline.schema import Document
from pipeline.settings.operation import EngineSettings
from pipeline.settings.sections import PipelineSettings, Settings

PLENTY_MB = 1e9


def settings(most: int = 0, **engine: str) -> Settings:
    return Settings(
        pipeline=PipelineSettings(max_concurrent_documents=most),
        engine=EngineSettings.model_validate(engine),
    )


def document(size_bytes: int) -> Document:
    return Document(document_id="d", path="a.pdf", blob_sha="0" * 40, size_bytes=size_bytes, extension="pdf")


def test_with_plenty_of_memory_there_is_one_process_a_core() -> None:
    assert capacity(settings(), PLENTY_MB).workers == resources.cores()


def test_memory_that_admits_fewer_processes_than_cores_decides() -> None:
    assert capacity(settings(), PLANNER_MB + WORKER_MB + 1).workers == 1
    assert capacity(settings(), PLANNER_MB + 2 * WORKER_MB - 1).workers == 1


def test_there_is_always_one_process_and_it_is_said_that_it_may_not_fit() -> None:
    found = capacity(settings(), 100.0)
    assert (found.workers, found.fitting, found.is_enough) == (1, 0, False)


def test_a_number_that_is_set_wins_and_is_known_not_to_fit() -> None:
    found = capacity(settings(16), PLANNER_MB + 4 * WORKER_MB)
    assert (found.workers, found.is_enough) == (16, False)
    assert "max_concurrent_documents = 4" in resources.remedy(found)


def test_a_cluster_elsewhere_decides_itself() -> None:
    assert planned_workers(settings(kind="dask", dask_address="tcp://127.0.0.1:8786")) == 0
    assert planned_workers(settings(kind="inline")) == 1


@pytest.fixture
def cgroups(tmp_path: Path) -> Path:
    """Of a service with a limit, inside a slice with a tighter one."""
    for path, limit, used in (("a.slice", "3000", 1000), ("a.slice/b.service", "4000", 500), (".", "max", 9000)):
        folder = tmp_path / "fs" / path
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "memory.max").write_text(f"{limit}\n")
        (folder / "memory.current").write_text(f"{used}\n")
        (folder / "memory.stat").write_text("anon 1\ninactive_file 200\n")
    return tmp_path / "fs"


def own(folder: Path, text: str) -> Path:
    file = folder / "own"
    file.write_text(text)
    return file


def test_the_tightest_limit_of_a_control_group_and_its_ancestors_holds(cgroups: Path) -> None:
    assert cgroup_memory_left(cgroups, own(cgroups, "0::/a.slice/b.service\n")) == 3000 - 1000 + 200


def test_a_container_that_does_not_see_its_own_name_reads_the_top(tmp_path: Path, cgroups: Path) -> None:
    (cgroups / "memory.max").write_text("12000")
    assert cgroup_memory_left(cgroups, own(tmp_path, "0::/docker/abc\n")) == 12000 - 9000 + 200


def test_without_a_limit_the_machine_decides(tmp_path: Path, cgroups: Path) -> None:
    assert cgroup_memory_left(cgroups, own(tmp_path, "0::/\n")) is None
    assert cgroup_memory_left(tmp_path / "none", tmp_path / "nothing") is None


def test_control_groups_of_the_first_version_are_read_too(tmp_path: Path) -> None:
    folder = tmp_path / "memory" / "docker"
    folder.mkdir(parents=True)
    (folder / "memory.limit_in_bytes").write_text("5000")
    (folder / "memory.usage_in_bytes").write_text("1000")
    (folder / "memory.stat").write_text("total_inactive_file 10\n")
    assert cgroup_memory_left(tmp_path, own(tmp_path, "4:memory:/docker\n3:cpuset:/\n0::/\n")) == 4010


def test_a_run_that_would_not_fit_says_so_with_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    handler = logging.Handler()
    monkeypatch.setattr(handler, "emit", lambda record: said.append(record.getMessage()))
    resources.log.addHandler(handler)
    warn(settings(10_000), tmp_path, 1, 10**17)
    warn(settings(1), tmp_path, 0, 0)
    resources.log.removeHandler(handler)
    memory, disk = said
    assert "10000 at once" in memory
    assert "max_concurrent_documents" in memory
    assert "200000000.0 GB" in disk
