"""A reader never sees half a file, and what a killed run leaves behind is cleaned."""

import errno
import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from pipeline.datadir import files
from pipeline.datadir.leftovers import TEMPORARY_SUFFIX
from pipeline.datadir.paths import DataDir
from pipeline.errors import ConfigurationError, ErrorCode, TransientError
from pipeline.run.records import Receipt


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
        "import os, pathlib, sys; from pipeline.datadir import files\n"
        "with files.atomic(pathlib.Path(sys.argv[1])) as temporary:\n"
        "    temporary.write_text('half'); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "x.json")], check=False)
    assert [file.suffix for file in tmp_path.iterdir()] == [TEMPORARY_SUFFIX]
    with files.atomic(tmp_path / "x.json") as mine:
        with files.atomic(tmp_path / "x.json") as other:  # of a process that lives: not a leftover
            other.write_text("other")
        assert mine.exists()
        mine.write_text("mine")
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("x.json", "mine")]


def test_leftovers_of_other_targets_go_too_and_what_belongs_to_a_living_process_stays(tmp_path: Path) -> None:
    script = (
        "import os, pathlib, sys; from pipeline.datadir import files, folders\n"
        "old = pathlib.Path(sys.argv[1])\n"
        "with folders.temporary_folder(old / 'model') as folder, files.atomic(old / 'old.json'):\n"
        "    (folder / 'half').touch(); files.temporary_path(old / 'x', '1-4').touch(); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    assert len(list(tmp_path.iterdir())) == 3
    mine = files.temporary_path(tmp_path / "x", "5-8")
    assert isinstance(mine, Path)
    mine.touch()
    files.write_bytes(tmp_path / "new.json", b"new")
    assert {file.name for file in tmp_path.iterdir()} == {"new.json", mine.name}


def test_a_leftover_of_an_earlier_process_with_the_same_id_is_removed(tmp_path: Path) -> None:
    mine = files.temporary_path(tmp_path / "x", "1-4")
    earlier = tmp_path / mine.name.replace(f"-{os.getpid()}-", f"-{os.getpid()}-0")
    earlier.touch()
    files.write_bytes(tmp_path / "new.json", b"new")
    assert [file.name for file in tmp_path.iterdir()] == ["new.json"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_disk_that_takes_no_more_is_said_in_words_without_a_path(number: int) -> None:
    with pytest.raises(TransientError, match="the data directory cannot be used") as caught, files.disk_errors():
        raise OSError(number, os.strerror(number), "/somewhere/private")
    assert caught.value.code is ErrorCode.DATA_UNWRITABLE
    assert "private" not in str(caught.value)


@pytest.mark.parametrize("place", ["a file", "a file/below it", "a circle", "x" * 300])
def test_what_cannot_be_a_data_directory_is_refused_in_words(tmp_path: Path, place: str) -> None:
    (tmp_path / "a file").touch()
    (tmp_path / "a circle").symlink_to("a circle")
    with pytest.raises(ConfigurationError, match=r"NIC_DATA_DIR cannot be used: .*; name another folder"):
        DataDir.at(str(tmp_path / place))


def test_a_data_directory_that_nobody_can_make_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("nowhere/nothing")
    for root in (Path("/proc/nic-etl"), tmp_path / "link"):
        with pytest.raises(TransientError, match="the data directory cannot be used: "):
            DataDir.at(str(root)).create()


def test_a_file_that_nobody_can_remove_is_said_in_words() -> None:
    with pytest.raises(TransientError, match="the data directory cannot be used: permission is denied"):
        files.remove(Path("/proc/version"))


def test_other_errors_of_a_file_keep_their_kind(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), files.disk_errors():
        (tmp_path / "missing").read_bytes()


@pytest.fixture
def remote() -> files.FilePath:
    """A folder in fsspec's store in memory: objects without folders, as in S3."""
    return files.file_path(f"memory://{uuid.uuid4()}")


def test_an_object_appears_as_a_whole_or_not_at_all(remote: files.FilePath) -> None:
    target = remote / "documents" / "x.json"
    with pytest.raises(ZeroDivisionError), files.atomic(target) as temporary:
        temporary.write_bytes(b"half")
        raise ZeroDivisionError
    assert not files.exists(target)
    assert files.names(remote / "documents") == set()
    files.write_bytes(target, b"whole")
    assert files.read_bytes(target) == b"whole"
    assert files.names(remote / "documents") == {"x.json"}


def test_an_object_is_copied_here_for_as_long_as_it_is_needed(remote: files.FilePath) -> None:
    files.write_bytes(remote / "source.pdf", b"%PDF")
    with files.local_copy(remote / "source.pdf") as copy:
        assert copy.read_bytes() == b"%PDF"
        assert copy.suffix == ".pdf"
    assert not copy.exists()
    with pytest.raises(FileNotFoundError), files.local_copy(remote / "missing.pdf"):
        pass


def test_removing_what_is_not_there_is_no_error(remote: files.FilePath, tmp_path: Path) -> None:
    for path in (remote / "gone.json", tmp_path / "gone.json"):
        files.remove(path)
        assert not files.exists(path)


def test_a_url_that_no_library_opens_names_the_setting() -> None:
    with pytest.raises(ConfigurationError, match="NIC_DATA_DIR"):
        files.file_path("nowhere://bucket")
