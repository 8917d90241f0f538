"""The installed command: what `nic` lists, which luigi.cfg `nic run` takes, and the codes it exits with."""

from __future__ import annotations

import configparser
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.cli.app import COMMANDS, app
from pipeline.scheduling import EXIT_CODES
from pipeline.settings.sections import __version__
from tests.support.in_process import run_here
from tests.support.paths import ROOT

OWN = {key: value for key, value in os.environ.items() if not key.startswith(("NIC_", "QDRANT_", "GITLAB_", "LUIGI_"))}


def nic(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """The command as it is installed beside this Python."""
    program = Path(sys.executable).with_name("nic")
    environment = {**OWN, "HF_HUB_OFFLINE": "1", "NIC_ENGINE": "inline", "COLUMNS": "200", **variables}
    command = [str(program), *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=900, check=False
    )


@pytest.fixture
def project(tmp_path: Path, models_dir: Path) -> Path:
    """A folder with a luigi.cfg of its own, without the exit codes, and one approved document."""
    config = configparser.RawConfigParser()
    config.optionxform = str  # type: ignore[assignment, method-assign]
    config.read(ROOT / "luigi.cfg", encoding="utf-8")
    config.remove_section("retcode")
    config["source"]["folder_path"] = "root"
    config.read_dict({"embedding": {"precision": "int8"}})  # loads without torch
    with (tmp_path / "luigi.cfg").open("w", encoding="utf-8") as file:
        config.write(file)
    (tmp_path / "root" / "30-Aprovados").mkdir(parents=True)
    (tmp_path / "root" / "30-Aprovados" / "a.txt").write_text("O prazo é de dez dias.\n", encoding="utf-8")
    (tmp_path / "below" / "it").mkdir(parents=True)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "models").symlink_to(models_dir)
    return tmp_path


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """What the command prints, within this process and in this folder."""
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *arguments: run_here(capsys, "nic", *arguments).stdout


def test_help_lists_every_command_in_the_group_of_its_task(here: Callable[..., str]) -> None:
    commands = {command.name or getattr(command.callback, "__name__", "") for command in app.registered_commands}
    commands |= {group.name for group in app.registered_groups if isinstance(group.name, str)}
    listed = [name for names in COMMANDS.values() for name in names]
    assert sorted(listed) == sorted(commands)
    printed = here("--help")
    words = [word for group, names in COMMANDS.items() for word in (group, *names)]
    places = [re.split(rf"[│─] {word} ", printed, maxsplit=1)[0] for word in words]
    assert places == sorted(places, key=len), "groups and commands stand in the order of COMMANDS"


@pytest.mark.parametrize(
    ("command", "setting"), [("gc", "[retention]"), ("serve", "[web] host"), ("serve", "[web] port")]
)
def test_help_says_the_names_of_settings_in_brackets(here: Callable[..., str], command: str, setting: str) -> None:
    assert setting in here(command, "--help")


def test_the_version_is_the_packages(here: Callable[..., str]) -> None:
    assert here("--version") == f"nic-etl {__version__}\n"


def test_completion_knows_the_commands(here: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1")
    assert "_NIC_COMPLETE" in here("--show-completion", "bash")
    asked = {"_NIC_COMPLETE": "complete_bash", "COMP_WORDS": "nic re", "COMP_CWORD": "1"}
    assert nic(ROOT, **asked).stdout.split() == ["report", "retry", "retire"]


def test_run_finds_the_luigi_cfg_above_and_keeps_its_files_there(project: Path) -> None:
    """And what lies there is not taken for the product."""
    (project / "pipeline.py").write_text("raise SystemExit('not the product')\n", encoding="utf-8")
    done = nic(project / "below" / "it", "run")
    assert done.returncode == 0, done.stderr
    assert f"using {project / 'luigi.cfg'}" in done.stderr
    assert "NIC ETL: finished" in done.stdout
    assert (project / "data" / "index" / "nic.json").is_file()
    assert "nothing to do" in nic(project, "run").stdout


def test_other_commands_are_refused_where_they_would_take_the_defaults(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("LUIGI_CONFIG_PATH", raising=False)
    monkeypatch.chdir(project / "below")
    done = run_here(capsys, "nic", "status")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "error: luigi.cfg is above this folder: `cd ..` first, or set LUIGI_CONFIG_PATH\n"
    assert run_here(capsys, "nic", "status", "--help").returncode == 0
    assert list((project / "below").iterdir()) == [project / "below" / "it"]


def test_a_luigi_cfg_that_cannot_be_read_is_named(project: Path) -> None:
    done = nic(project, "run", LUIGI_CONFIG_PATH=str(project / "nowhere.cfg"))
    assert done.returncode == 1
    assert "nowhere.cfg" in done.stderr


def test_run_without_a_luigi_cfg_says_where_to_go(tmp_path: Path) -> None:
    done = nic(tmp_path, "run")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: there is no luigi.cfg in this folder or above it")
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_run_takes_luigis_options_and_from_any_folder_a_luigi_cfg_that_is_named(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (project / "luigi.cfg").write_text("[source]\ntarget_folder = 50-Normas\n", encoding="utf-8")
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    options = ("--source-folder-path", str(project / "nowhere"))
    done = nic(elsewhere, "run", *options, LUIGI_CONFIG_PATH=str(project / "luigi.cfg"))
    assert done.returncode == 1
    assert f"({project / 'nowhere' / '50-Normas'})" in done.stderr


def test_a_failed_run_does_not_exit_0_where_luigi_cfg_has_no_exit_codes(project: Path) -> None:
    (project / "data" / "documents").write_text("where a folder should be", encoding="utf-8")
    done = nic(project, "run")
    assert done.returncode == EXIT_CODES["task_failed"], done.stderr


def test_the_exit_codes_are_those_of_luigi_cfg() -> None:
    config = configparser.RawConfigParser()
    config.read(ROOT / "luigi.cfg", encoding="utf-8")
    assert {name: int(code) for name, code in config["retcode"].items()} == EXIT_CODES
