"""`.env`, the overlays, and `config show`, in commands that start in a folder of their own."""

from __future__ import annotations

import configparser
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from pipeline.settings.secrets import SECRETS
from pipeline.settings.sections import Settings
from tests.promises.test_docs import environment_variables
from tests.support.paths import ROOT

OURS = ("NIC_", "QDRANT_", "GITLAB_", "LUIGI_")
PROCESS = {key: value for key, value in os.environ.items() if not key.startswith(OURS)}
ENV = """
NIC_ENVIRONMENT=staging
QDRANT_COLLECTION=from_env_file
NIC_TARGET_FOLDER='50-Normas $HOME'
GITLAB_URL=https://gitlab.example.org
GITLAB_TOKEN=glpat-hidden
QDRANT_API_KEY=
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("luigi.cfg", "luigi.staging.cfg"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / ".env").write_text(ENV)
    (tmp_path / ".env").chmod(0o600)
    return tmp_path


def command(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**PROCESS, "PYTHONPATH": str(ROOT), **variables}
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def shown(folder: Path, **variables: str) -> tuple[dict[str, tuple[str, str]], dict[str, Any]]:
    """Setting -> (value, origin), and all that `config show --json` printed."""
    printed = json.loads(command(folder, "pipeline", "config", "show", "--json", **variables).stdout)
    return {each["name"]: (each["value"], each["origin"]) for each in printed["settings"]}, printed


def test_every_value_comes_from_where_it_should_and_no_secret_is_shown(folder: Path) -> None:
    found, printed = shown(folder, GITLAB_URL="https://real.example.org", QDRANT_URL="https://ana:senha@q.example.org")
    assert found["environment"] == ("staging", ".env")
    assert found["collection_name"] == ("from_env_file", ".env")
    assert found["target_folder"] == ("50-Normas $HOME", ".env")
    assert found["model_name"] == ("BAAI/bge-m3", "luigi.staging.cfg")
    assert found["overlap"] == ("100", "luigi.cfg")
    assert found["dask_address"] == ("not set", "default")
    assert found["GITLAB_TOKEN"] == ("set (.env)", ".env GITLAB_TOKEN")
    assert found["QDRANT_API_KEY"][0] == "not set"
    assert printed["overlay"] == "luigi.staging.cfg"
    assert "https://real.example.org" in str(printed), "the environment wins over .env"
    assert "hidden" not in str(printed)
    assert "senha" not in str(printed)
    assert printed["problems"] == ["QDRANT_URL must not hold a password: secrets have variables of their own"]


@pytest.mark.parametrize("password", ["sen/ha", "sen@ha", "s%2Fenha", "señha", "8/senha", "senha/8"])
def test_a_password_in_an_address_is_refused_whatever_it_holds(password: str) -> None:
    address = f"https://ana:{password}@host.example.org/x"
    given = {"gitlab": {"url": address}, "qdrant": {"url": address}, "engine": {"dask_address": address}}
    with pytest.raises(ValidationError) as refused:
        Settings.model_validate(given)
    for variable in ("GITLAB_URL", "QDRANT_URL", "NIC_DASK_ADDRESS"):
        assert f"{variable} must not hold a password" in refused.value.errors()[0]["msg"]
    with pytest.raises(ValidationError, match="NIC_DATA_DIR must not hold a password"):
        Settings.model_validate({"pipeline": {"data_dir": f"s3://ana:{password.removeprefix('8/')}@bucket"}})


def test_a_folder_with_an_at_sign_holds_no_password() -> None:
    data, server = {"data_dir": "s3://bucket/team@nic"}, {"url": "http://q.example.org:6333/a"}
    assert Settings.model_validate({"pipeline": data, "qdrant": server}).pipeline.data_dir == "s3://bucket/team@nic"


@pytest.mark.slow
def test_a_password_with_a_slash_is_shown_nowhere(folder: Path) -> None:
    address = "https://ana:sen/ha@host.example.org/x"
    for options in (["config", "show"], ["config", "show", "--json"], ["status"], ["doctor"]):
        done = command(folder, "pipeline", *options, GITLAB_URL=address, QDRANT_URL=address)
        assert done.returncode == 1
        assert "must not hold a password" in done.stdout + done.stderr
        assert "sen/ha" not in done.stdout + done.stderr


def test_the_main_job_reads_env_file_and_overlay_too(folder: Path) -> None:
    (folder / ".env").write_text("NIC_ENGINE=cluster\n")
    (folder / ".env").chmod(0o644)
    (folder / "luigi.staging.cfg").write_text("[chunking]\noverlap = many\n")
    job = ("luigi", "--module", "pipeline", "RunAll", "--local-scheduler")
    done = command(folder, *job, NIC_ENVIRONMENT="staging")
    assert done.returncode == 1
    assert "[engine] kind = cluster (.env)" in done.stderr
    assert "[chunking] overlap = many (luigi.staging.cfg)" in done.stderr
    assert "other users of this machine can read .env: chmod 600 .env" in done.stderr
    assert "Traceback" not in done.stderr


def test_production_does_not_start_without_its_overlay(folder: Path) -> None:
    done = command(folder, "pipeline", "status", NIC_ENVIRONMENT="production")
    assert done.returncode == 1
    assert done.stderr.startswith("error: invalid settings: there is no luigi.production.cfg beside luigi.cfg")


def test_no_env_file_is_read_when_its_name_is_empty(folder: Path) -> None:
    assert shown(folder, NIC_ENV_FILE="")[0]["collection_name"] == ("nic", "luigi.cfg")


def test_the_example_names_every_variable() -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    named = set(re.findall(r"^#([A-Z_]+)=", text, re.M))
    assert environment_variables() - {"NIC_ENV_FILE"} <= named
    assert not re.search(rf"^#({'|'.join(SECRETS)})=.", text, re.M), "an example of a secret is mistaken for one"


@pytest.mark.parametrize("name", ["staging", "production"])
def test_a_delivered_overlay_sets_what_exists(name: str) -> None:
    overlay = configparser.ConfigParser(interpolation=None)
    overlay.read(ROOT / f"luigi.{name}.cfg", encoding="utf-8")
    given = {section: dict(overlay[section]) for section in overlay.sections()}
    settings = Settings.model_validate(given)
    assert settings.source.kind == "gitlab"
    assert len(settings.embedding.revision) == 40
