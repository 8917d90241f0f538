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
    sealed = seal(b'{"words": []}\n')
    for position in range(len(sealed) - 65):
        changed = bytearray(sealed)
        changed[position] ^= 1
        assert unseal(bytes(changed)) is None


@pytest.mark.parametrize("length", [0, 1, 10, 30])
def test_a_cut_file_is_noticed(tmp_path: Path, length: int) -> None:
    files.write_json(tmp_path / "words.json", WORDS)
    (tmp_path / "words.json").write_bytes((tmp_path / "words.json").read_bytes()[:length])
    with pytest.raises(DamagedFileError, match=r"words\.json of the data directory is damaged") as caught:
        files.read_model(tmp_path / "words.json", Words)
    assert caught.value.file_name == "words.json"


def test_whoever_cuts_the_seal_alone_away_leaves_the_content_whole() -> None:
    content = b'{"words": []}\n'
    sealed = seal(content)
    for end in range(len(content), len(sealed)):
        assert (unseal(sealed[:end]) or b"").startswith(content)
    assert unseal(sealed) == content


def test_zeros_are_no_content(tmp_path: Path) -> None:
    files.write_json(tmp_path / "words.json", WORDS)
    (tmp_path / "words.json").write_bytes(bytes((tmp_path / "words.json").stat().st_size))
    with pytest.raises(DamagedFileError):
        files.read_model(tmp_path / "words.json", Words)
