"""A run, a search, the search page and the notebook look nothing up, call nobody, and write where it is documented.

The environment is that of a fresh account: nothing is switched off by the variables of this machine.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.isolated import Isolated, isolated
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow
SAMPLES = ROOT / "data" / "samples" / "30-Aprovados"
NIC = [sys.executable, "-m", "pipeline"]
TALKS = """
import contextlib, socket
for trial in (lambda: socket.getaddrinfo("nic-etl.example.org", 443),
              lambda: socket.create_connection(("192.0.2.1", 443), timeout=1)):
    with contextlib.suppress(OSError):
        trial()
"""
"""What a program does that sends something to its maker: a look-up and a connection."""
SERVE = """
import subprocess, sys, urllib.parse, urllib.request
serve = subprocess.Popen([sys.executable, "-m", "pipeline", "serve", "--port", "0"], stderr=subprocess.PIPE, text=True)
address = next(line for line in serve.stderr if line.startswith("http")).strip()
for query in ("", "?" + urllib.parse.urlencode({"q": "encarregada"})):
    print(urllib.request.urlopen(address + query).status)
serve.terminate()
"""
NOTEBOOK = """
import nbformat
from nbclient import NotebookClient
options = {"timeout": 600, "startup_timeout": 600, "resources": {"metadata": {"path": "notebooks"}}}
NotebookClient(nbformat.read("notebooks/nic_etl.ipynb", 4), **options).execute()
"""
RUN = [*NIC, "run", "--pipeline-max-concurrent-documents", "2"]
COMMANDS = {
    "search": [*NIC, "search", "Quem é a encarregada?"],
    "search page": [sys.executable, "-c", SERVE],
    "notebook": [sys.executable, "-c", NOTEBOOK],
}
DOCUMENTED = (".cache/matplotlib", ".config/matplotlib", ".ipython", ".local/share/jupyter", ".cache/fontconfig")


@dataclass(frozen=True)
class Account:
    """A fresh account: an empty home, an empty folder for temporary files, and a data directory."""

    folder: Path
    ran: list[Isolated] = field(default_factory=list)

    def do(self, *command: str) -> Isolated:
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "HOME": str(self.folder / "home"),
            "TMPDIR": str(self.folder / "tmp"),
            "NIC_DATA_DIR": str(self.folder / "data"),
            "NIC_FOLDER_PATH": str(self.folder / "root"),
        }
        return isolated([*command], ROOT, environment)

    def left(self, where: str) -> list[str]:
        return [
            str(file.relative_to(self.folder / where)) for file in (self.folder / where).rglob("*") if file.is_file()
        ]


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> Iterator[Account]:
    """With a PDF, which the notebook shows, an image to read by OCR, and a text."""
    folder = tmp_path_factory.mktemp("account")
    for name in ("home", "tmp", "data", "root/30-Aprovados"):
        (folder / name).mkdir(parents=True)
    (folder / "data" / "models").symlink_to(models_dir)
    for name in ("Políticas/Política de proteção de dados pessoais.pdf", "Procedimentos/Aviso de manutenção.png"):
        shutil.copy(SAMPLES / name, folder / "root" / "30-Aprovados")
    shutil.copy(SAMPLES / "Procedimentos" / "acesso-remoto.txt", folder / "root" / "30-Aprovados")
    made = Account(folder)
    try:
        tried = made.do(sys.executable, "-c", TALKS)
    except OSError as error:
        pytest.skip(f"needs a network namespace of its own: {error}")
    if tried.outside + tried.datagrams < 2:
        pytest.skip(f"a namespace of this machine does not show who is called: {tried}")
    made.ran.append(made.do(*RUN))
    yield made


def test_a_run_looks_nobody_up_and_calls_nobody(account: Account) -> None:
    (done,) = account.ran
    assert (done.outside, done.datagrams) == (0, 0), done.output
    assert done.returncode == 0, done.output
    assert "3 documents" in done.output


@pytest.mark.parametrize("name", COMMANDS)
def test_nobody_is_looked_up_and_nobody_is_called(account: Account, name: str) -> None:
    done = account.do(*COMMANDS[name])
    assert (done.outside, done.datagrams) == (0, 0), done.output
    assert done.returncode == 0, done.output


def test_nothing_is_written_but_where_it_is_documented(account: Account) -> None:
    strange = [name for name in account.left("home") if not name.startswith(DOCUMENTED)]
    assert (strange, account.left("tmp")) == ([], [])
