"""What the product is built from and may do: exact versions, and none of the calls that turn data into code."""

from __future__ import annotations

import configparser
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
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


def test_every_package_has_an_exact_version() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {match[1] for line in lines if (match := re.fullmatch(r"([\w.-]+)==[\w.!+-]+", line))}
    assert len(pinned) == len(lines)
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    asked = " ".join([setup["options"]["install_requires"], *setup["options.extras_require"].values()])
    names = {re.split(r"[\[=<>~]", name)[0].lower().replace("_", "-") for name in asked.split()}
    assert names <= {name.lower().replace("_", "-") for name in pinned}
