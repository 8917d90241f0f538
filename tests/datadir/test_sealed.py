"""A derived file that was cut, changed or emptied is never taken for what was written."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.datadir import files
from pipeline.datadir.sealed import seal, unseal
from pipeline.errors import DamagedFileError
from pipeline.schema import Record


class Words(Record):
    words: tuple[str, ...]


WORDS = Words(words=("férias", "portaria"))


def test_a_sealed_file_stays_what_its_name_says(tmp_path: Path) -> None:
    files.write_json(tmp_path / "words.json", WORDS)
    assert json.loads((tmp_path / "words.json").read_bytes()) == {"words": ["férias", "portaria"]}
    assert files.read_model(tmp_path / "words.json", Words) == WORDS
    vectors = io.BytesIO()
    np.save(vectors, np.eye(3))
    files.write_sealed(tmp_path / "vectors.npy", vectors.getvalue())
    assert (np.load(tmp_path / "vectors.npy") == np.eye(3)).all()


def test_every_changed_byte_of_the_content_is_noticed() -> None:
    sealed = seal(b'{"words": []}\n', "ab/words.json")
    for position in range(len(sealed) - 65):
        changed = bytearray(sealed)
        changed[position] ^= 1
        assert unseal(bytes(changed), "ab/words.json") is None


@pytest.mark.parametrize("length", [0, 1, 10, 30])
def test_a_cut_file_is_noticed(tmp_path: Path, length: int) -> None:
    files.write_json(tmp_path / "words.json", WORDS)
    (tmp_path / "words.json").write_bytes((tmp_path / "words.json").read_bytes()[:length])
    with pytest.raises(DamagedFileError, match=r"words\.json of the data directory is damaged") as caught:
        files.read_model(tmp_path / "words.json", Words)
    assert caught.value.file_name == "words.json"


def test_whoever_cuts_the_seal_alone_away_leaves_the_content_whole() -> None:
    content = b'{"words": []}\n'
    sealed = seal(content, "ab/words.json")
    for end in range(len(content), len(sealed)):
        assert (unseal(sealed[:end], "ab/words.json") or b"").startswith(content)
    assert unseal(sealed, "ab/words.json") == content


def test_a_whole_file_in_the_place_of_another_is_noticed(tmp_path: Path) -> None:
    """Two short documents have vectors of one shape, and two documents words of one kind."""
    for folder in ("ab", "cd"):
        files.write_json(tmp_path / folder / "words.json", Words(words=(folder,)))
    (tmp_path / "ab").rename(tmp_path / "ef")
    (tmp_path / "cd").rename(tmp_path / "ab")
    for folder in ("ab", "ef"):
        with pytest.raises(DamagedFileError):
            files.read_model(tmp_path / folder / "words.json", Words)


def test_a_file_that_an_earlier_version_sealed_without_its_name_is_whole() -> None:
    """Else whoever updates would convert everything again, and lose the list of what was purged."""
    content = b'{"words": []}\n'
    sealed = seal(content, "")
    assert unseal(sealed, "ab/words.json") == content
    assert unseal(b" " + sealed, "ab/words.json") is None


def test_the_data_directory_may_be_moved(tmp_path: Path) -> None:
    files.write_json(tmp_path / "data" / "ab" / "words.json", WORDS)
    (tmp_path / "data").rename(tmp_path / "moved")
    assert files.read_model(tmp_path / "moved" / "ab" / "words.json", Words) == WORDS


def test_of_what_is_no_json_the_seal_alone_tells_whether_it_is_whole(tmp_path: Path) -> None:
    """A tail of zeros takes the seal with it; zeros are numbers."""
    path = tmp_path / "vectors.npy"
    files.write_sealed(path, b"numbers")
    assert files.read_proven(path) == b"numbers"
    path.write_bytes(path.read_bytes()[:-65] + bytes(65))
    with pytest.raises(DamagedFileError):
        files.read_proven(path)


def test_zeros_are_no_content(tmp_path: Path) -> None:
    files.write_json(tmp_path / "words.json", WORDS)
    (tmp_path / "words.json").write_bytes(bytes((tmp_path / "words.json").stat().st_size))
    with pytest.raises(DamagedFileError):
        files.read_model(tmp_path / "words.json", Words)
