"""The peers' virtual environment: their own packages first, then the product's, so that torch and Docling are shared.

Both sides of the comparison therefore run the same Docling, sentence-transformers and qdrant-client. Nothing is added
to the product's environment.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

from benchmarks import fresh

FOLDER = fresh.ROOT / ".venv-peers"
REQUIREMENTS = Path(__file__).parent / "peers-requirements.txt"


def ready() -> Path:
    """The environment's Python; the environment is made when it is not there or its requirements have changed."""
    python = FOLDER / "bin" / "python"
    installed = FOLDER / "installed.txt"
    if not installed.exists() or installed.read_bytes() != REQUIREMENTS.read_bytes():
        fresh.say(f"installing the peers into {FOLDER.name} (180 MB, a minute)")
        venv.create(FOLDER, clear=True, with_pip=True)
        _share_packages(python)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, "-r", str(REQUIREMENTS)], check=True, stdout=sys.stderr)
        installed.write_bytes(REQUIREMENTS.read_bytes())
    return python


def _share_packages(python: Path) -> None:
    """A .pth file puts the product's packages behind the environment's own, for Python and for pip."""
    ask = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    own = subprocess.run(ask, check=True, capture_output=True, text=True).stdout.strip()
    (Path(own) / "product.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
