"""After a run over an edited folder was killed, every command says what is published, and the next run finishes it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.promises.crashes.harness import Moment, Site
from tests.support.paths import ROOT

STOPPED = "a run is at work or was stopped"
MOMENTS = (
    Moment("snapshots/*.json", 2),
    Moment("documents/*/*/source.*", 14),
    Moment("documents/*/*/chunks-*.json", 15),
    Moment("index/nic.changing"),
    Moment("index/*/??/??/*.json", 14),
    Moment("index/.*.part"),
)


@pytest.fixture
def edited(site: Site, tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """A data directory in which everything is published, and a folder that has changed since."""
    data, root = tmp_path / "data", tmp_path / "root"
    shutil.copytree(site.undisturbed[0], data, symlinks=True)
    shutil.copytree(site.folder / "root", root)
    approved = root / "30-Aprovados"
    for number in range(3):
        (approved / f"norma-{number}.md").write_text(f"# Norma {number}\n\nOutro prazo.\n", encoding="utf-8")
        (approved / f"nova-{number}.md").write_text(f"# Nova {number}\n\nSem prazo.\n", encoding="utf-8")
    (approved / "guia.html").unlink()
    return data, {"NIC_FOLDER_PATH": str(root)}


def command(site: Site, data: Path, told: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    nic = [sys.executable, "-m", "pipeline", *words]
    environment = site.told(data) | told
    return subprocess.run(nic, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.soak
@pytest.mark.parametrize("moment", MOMENTS, ids=str)
def test_after_a_kill_commands_tell_what_is_published(
    site: Site, edited: tuple[Path, dict[str, str]], moment: Moment
) -> None:
    data, told = edited
    published = json.loads((data / "index" / "nic.json").read_bytes())["commit"]
    running = site.start(data, **told)
    assert running.reach(moment), running.text
    running.process.kill()
    running.end()
    running.outlive()

    verified = json_of(command(site, data, told, "verify", "--json"))
    if (data / "index" / "nic.json").exists() and verified["changing"]:
        assert verified["commit"] == published
        assert STOPPED in command(site, data, told, "verify").stdout
    assert "30-Aprovados/portaria-4.txt" in command(site, data, told, "search", "Portaria nº 4").stdout
    assert json_of(command(site, data, told, "status", "--json"))

    again = site.start(data, **told)
    assert again.end() == 0, again.text
    after = json_of(command(site, data, told, "verify", "--json"))
    assert (after["differences"], after["changing"]) == ([], False)
    assert after["commit"] != published


def json_of(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.stdout.startswith("{"), done.stdout + done.stderr
    return json.loads(done.stdout)
