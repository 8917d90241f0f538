"""Two runs on the same local files: the second says that the first is there, and the first is none the worse for it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from typing import Any

import pytest

from pipeline.publish.verification import verify
from pipeline.scheduling import EXIT_CODES
from pipeline.store.connection import disconnect
from tests.conftest import Workspace
from tests.support.paths import ROOT
from tests.support.samples_run import newcomer

COMMAND = (sys.executable, "-m", "pipeline", "run", "--qdrant-timeout-s", "1")
DOCUMENTS = 6


@pytest.mark.slow
def test_a_second_run_says_so_in_one_line_and_the_first_ends_exact(workspace: Workspace) -> None:
    for number in range(DOCUMENTS):
        workspace.write(f"{number}.md", f"# Portaria {number}\n\nO prazo da portaria é de {number} dias úteis.\n")
    environment = {**newcomer(workspace.data), "NIC_FOLDER_PATH": str(workspace.root), "NIC_ENGINE": "inline"}
    options: dict[str, Any] = {"cwd": ROOT, "env": environment, "text": True}
    with subprocess.Popen(COMMAND, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options) as first:
        while not any(workspace.data.glob("documents/*/*/document-*.json")):
            assert first.poll() is None
            time.sleep(0.05)
        first.send_signal(signal.SIGSTOP)  # so that it does not end before the other has begun
        try:
            second = subprocess.run(COMMAND, capture_output=True, check=False, **options)
        finally:
            first.send_signal(signal.SIGCONT)
        assert first.wait(600) == 0
    (line,) = second.stdout.strip().splitlines()
    assert "another process is using the local Qdrant files: wait for it to end" in line
    assert "Traceback" not in second.stderr
    assert second.returncode == EXIT_CODES["task_failed"]
    found = verify(workspace.run)
    disconnect(workspace.run.settings)
    assert (found.exact, found.changing, found.documents) == (True, False, DOCUMENTS)
