"""The commands of `nic`, which `python -m pipeline` has too."""

from pipeline.cli.app import app
from pipeline.cli.main import main

__all__ = ["app", "main"]
