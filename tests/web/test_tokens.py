"""Tokens: shown once, kept as hashes, gone when they are revoked."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli.app import app
from pipeline.cli.main import MODULES
from pipeline.datadir.paths import DataDir
from pipeline.errors import ConfigurationError
from pipeline.web import tokens


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DataDir:
    monkeypatch.setenv("NIC_DATA_DIR", str(tmp_path))
    return DataDir.at(str(tmp_path))


def test_a_token_is_kept_as_its_hash_alone(data: DataDir) -> None:
    secret = tokens.create(data, "intranet")
    kept = b"".join(path.read_bytes() for path in Path(str(data.root)).rglob("*") if path.is_file())
    assert secret.encode() not in kept
    assert secret.removeprefix("nic_").encode() not in kept
    found = tokens.find(data, secret)
    assert found
    assert found.name == "intranet"


def test_a_data_directory_that_a_token_makes_is_for_its_user_alone(tmp_path: Path) -> None:
    tokens.create(DataDir.at(str(tmp_path / "data")), "intranet")
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0


def test_each_token_is_another(data: DataDir) -> None:
    made = {tokens.create(data, str(number)) for number in range(20)}
    assert len(made) == 20
    assert all(len(secret) >= 47 for secret in made)


@pytest.mark.parametrize("guess", ["", "nic_", "../../index/nic", "\0", "é" * 50, "nic_" + "A" * 43, "\ud800"])
def test_a_guess_finds_nothing(data: DataDir, guess: str) -> None:
    tokens.create(data, "intranet")
    assert tokens.find(data, guess) is None


def test_a_damaged_file_opens_nothing(data: DataDir) -> None:
    secret = tokens.create(data, "intranet")
    (file,) = Path(str(data.tokens)).iterdir()
    file.write_bytes(file.read_bytes()[:60])
    assert tokens.find(data, secret) is None
    assert tokens.list_tokens(data) == []


@pytest.mark.parametrize("name", ["", "a b", "../x", "a/b", "x" * 65, "a\n", "-x", "--help", ".x"])
def test_a_name_that_is_none_is_refused(data: DataDir, name: str) -> None:
    with pytest.raises(ConfigurationError, match="name"):
        tokens.create(data, name)


def test_the_commands_make_list_and_revoke(data: DataDir) -> None:
    assert MODULES
    run = CliRunner().invoke
    secret = run(app, ["token", "create", "intranet"]).stdout.strip()
    assert tokens.find(data, secret)
    with pytest.raises(ConfigurationError, match="intranet already"):
        run(app, ["token", "create", "intranet"], catch_exceptions=False)
    listed = run(app, ["token", "list"]).stdout
    assert "intranet" in listed
    assert secret not in listed
    assert '"name": "intranet"' in run(app, ["token", "list", "--json"]).stdout
    assert run(app, ["token", "revoke", "intranet"]).exit_code == 0
    assert tokens.find(data, secret) is None
    assert "no tokens" in run(app, ["token", "list"]).stdout
    with pytest.raises(ConfigurationError, match="no token intranet"):
        run(app, ["token", "revoke", "intranet"], catch_exceptions=False)
