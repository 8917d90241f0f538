"""The tests, which nothing that a developer has set may touch: it would be read as soon as the package is imported."""

import os
from pathlib import Path

os.environ["NIC_ENV_FILE"] = ""
os.environ["LUIGI_CONFIG_PATH"] = str(Path(__file__).parent / "support" / "light.cfg")  # Luigi reads it after luigi.cfg
os.environ.setdefault("HF_HUB_OFFLINE", "1")
