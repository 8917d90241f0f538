"""The main job over the delivered samples as a newcomer runs it, once a session for all who look at what it leaves."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.support.once import once
from tests.support.paths import ROOT

_SETTINGS = ("NIC_", "GITLAB_", "QDRANT_", "DOCLING_", "LUIGI_CONFIG_PATH")
JOB = ("luigi", "--module", "pipeline", "RunAll", "--local-scheduler")


@dataclass(frozen=True)
class SamplesRun:
    """What the job said, and the data directory that it left."""

    returncode: int
    stdout: str
    stderr: str
    data: str

    def copy_to(self, data: Path) -> Path:
        """The data directory, for one test to work on."""
        shutil.copytree(self.data, data, symlinks=True)
        return data


def newcomer(data: Path) -> dict[str, str]:
    """The environment of somebody who has set nothing but where the derived files go, whatever a test has set."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_SETTINGS)}
    environment |= {"NIC_DATA_DIR": str(data), "HF_HUB_OFFLINE": "1"}
    return environment


def run_samples(folder: Path, models_dir: Path) -> SamplesRun:
    """Run it in a folder, or read what came of it when somebody has."""
    return SamplesRun(**json.loads(once(folder, "samples-run", lambda: _run(folder / "samples-data", models_dir))))


def _run(data: Path, models_dir: Path) -> str:
    data.mkdir(mode=0o700)
    (data / "models").symlink_to(models_dir)
    command = [sys.executable, "-m", *JOB, "--pipeline-max-concurrent-documents", "2"]
    done = subprocess.run(
        command, cwd=ROOT, env=newcomer(data), capture_output=True, text=True, timeout=900, check=False
    )
    return json.dumps(asdict(SamplesRun(done.returncode, done.stdout, done.stderr, str(data))))
