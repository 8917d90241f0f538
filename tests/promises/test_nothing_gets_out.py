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
"""What a program does that sends something to its maker."""
SERVE = """
import subprocess, sys, urllib.parse, urllib.request
serve = subprocess.Popen([sys.executable, "-m", "pipeline", "serve", "--port", "0"], stderr=subprocess.PIPE, text=True)
address = next(line for line in serve.stderr if line.startswith("http")).strip()
for query in ("", "?" + urllib.parse.urlencode({"q": "encarregada"})):
    print(urllib.request.urlopen(address + query).status)
serve.terminate()
"""
ASKED = 2  # by the script itself
NOTEBOOK = """
import nbformat, sys, tempfile
from pathlib import Path
from jupyter_client import AsyncKernelManager
from nbclient import NotebookClient
file = Path("notebooks/nic_etl.ipynb")
with tempfile.TemporaryDirectory(dir="/tmp") as channels:  # the names of sockets must be short
    kernel = AsyncKernelManager(transport="ipc", ip=f"{channels}/k", kernel_name="python3")
    where = {"metadata": {"path": "notebooks"}}
    options = {"timeout": 600, "startup_timeout": 600, "resources": where}
    NotebookClient(nbformat.read(file, 4), km=kernel, **options).execute()
"""
"""The kernel's own channels are files here, so that what counts is what the notebook does."""
RUN = [*NIC, "run", "--pipeline-max-concurrent-documents", "2"]
COMMANDS = {
    "search": [*NIC, "search", "Quem é a encarregada?"],
    "notebook": [sys.executable, "-c", NOTEBOOK],
}
SOCKET = "[core]\ndefault_scheduler_url = http+unix://nowhere\n"
"""`doctor`, which the notebook asks too, calls luigid on this machine, if that has a port."""
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
            "LUIGI_CONFIG_PATH": str(self.folder / "socket.cfg"),
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
    (folder / "socket.cfg").write_text(SOCKET, encoding="utf-8")
    made = Account(folder)
    try:
        tried = made.do(sys.executable, "-c", TALKS)
    except OSError as error:
        pytest.skip(f"needs a network namespace of its own: {error}")
    if not (tried.connections and tried.datagrams):
        pytest.skip(f"a namespace of this machine does not show who is called: {tried}")
    made.ran.append(made.do(*RUN))
    yield made


def test_a_run_looks_nobody_up_and_calls_nobody(account: Account) -> None:
    (done,) = account.ran
    assert (done.connections, done.datagrams) == (0, 0), done.output
    assert done.returncode == 0, done.output
    assert "3 documents" in done.output


@pytest.mark.parametrize("name", COMMANDS)
def test_nobody_is_looked_up_and_nobody_is_called(account: Account, name: str) -> None:
    done = account.do(*COMMANDS[name])
    assert (done.connections, done.datagrams) == (0, 0), done.output
    assert done.returncode == 0, done.output


def test_the_search_page_calls_nobody(account: Account) -> None:
    done = account.do(sys.executable, "-c", SERVE)
    assert done.output.split() == ["200"] * ASKED
    assert (done.connections, done.datagrams) == (ASKED, 0)


def test_nothing_is_written_but_where_it_is_documented(account: Account) -> None:
    strange = [name for name in account.left("home") if not name.startswith(DOCUMENTED)]
    assert (strange, account.left("tmp")) == ([], [])
