"""What exists is asked once, and again when work begins."""

from __future__ import annotations

from pathlib import Path

from pipeline.datadir.inventory import Inventory


def test_a_file_of_another_host_is_found_at_the_next_refresh(tmp_path: Path) -> None:
    inventory = Inventory()
    assert not inventory.has(tmp_path / "chunks.json")
    (tmp_path / "chunks.json").touch()
    assert not inventory.has(tmp_path / "chunks.json")
    inventory.refresh([tmp_path])
    assert inventory.has(tmp_path / "chunks.json")


def test_what_this_run_writes_is_known_at_once(tmp_path: Path) -> None:
    inventory = Inventory()
    inventory.refresh([tmp_path])
    inventory.add(tmp_path / "a.json")
    assert inventory.has(tmp_path / "a.json")


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert Inventory().names(tmp_path / "missing") == set()
