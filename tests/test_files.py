"""A reader never sees half a file, and what a killed run leaves behind is cleaned."""

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import files
from pipeline.results import Receipt


def test_a_failed_write_leaves_neither_file_nor_temporary(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), files.atomic(tmp_path / "a" / "x.json") as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert list((tmp_path / "a").iterdir()) == []


def test_a_reader_sees_the_old_or_the_new_file_only(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    files.write_bytes(file, b"old")
    with files.atomic(file) as temporary:
        temporary.write_bytes(b"new")
        assert file.read_bytes() == b"old"
    assert file.read_bytes() == b"new"


def test_a_model_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    receipt = Receipt(document_id="1", path="é.md", content_version="v", collection="c", chunk_count=2)
    files.write_json(tmp_path / "r.json", receipt)
    assert files.read_model(tmp_path / "r.json", Receipt) == receipt


def test_what_a_killed_process_left_is_removed_when_its_file_is_written_again(tmp_path: Path) -> None:
    script = (
        "import os, pathlib, sys; from pipeline import files\n"
        "with files.atomic(pathlib.Path(sys.argv[1])) as temporary:\n"
        "    temporary.write_text('half'); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "x.json")], check=False)
    assert [file.suffix for file in tmp_path.iterdir()] == [files.TEMPORARY_SUFFIX]
    with files.atomic(tmp_path / "x.json") as mine:
        with files.atomic(tmp_path / "x.json") as other:  # of a process that lives: not a leftover
            other.write_text("other")
        assert mine.exists()
        mine.write_text("mine")
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("x.json", "mine")]
