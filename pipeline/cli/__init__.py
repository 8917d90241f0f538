"""The commands of `nic`, which `python -m pipeline` has too."""

from pipeline.cli.main import app, main

__all__ = ["app", "main"]
