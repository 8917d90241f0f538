"""A reader never sees half a file, and what a killed run leaves behind is cleaned."""

import os
import time
from pathlib import Path

import pytest

from pipeline import targets
from pipeline.schema import Receipt


def test_a_failed_write_leaves_neither_file_nor_temporary(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), targets.atomic(tmp_path / "a" / "x.json") as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert list((tmp_path / "a").iterdir()) == []


def test_a_reader_sees_the_old_or_the_new_file_only(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    targets.write_bytes(file, b"old")
    with targets.atomic(file) as temporary:
        temporary.write_bytes(b"new")
        assert file.read_bytes() == b"old"
    assert file.read_bytes() == b"new"


def test_a_model_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    receipt = Receipt(document_id="1", path="é.md", content_version="v", collection="c", chunk_count=2)
    targets.write_json(tmp_path / "r.json", receipt)
    assert targets.read_model(tmp_path / "r.json", Receipt) == receipt


def test_old_leftovers_are_removed_and_young_ones_kept(tmp_path: Path) -> None:
    old, young = tmp_path / ".a.json.1.part", tmp_path / ".b.json.2.part"
    for file in (old, young):
        file.write_text("half")
    os.utime(old, (time.time() - 7200,) * 2)
    assert targets.remove_leftovers(tmp_path) == 1
    assert young.exists()
    assert not old.exists()
