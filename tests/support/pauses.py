"""Requests that are tried again at once."""

from __future__ import annotations

import dataclasses
from types import ModuleType

import pytest
from tenacity import wait_fixed


def retry_after(monkeypatch: pytest.MonkeyPatch, module: ModuleType, pause_s: float = 0.0) -> None:
    """Have the requests of a module (its `RETRIES`) pause for so long after each attempt."""
    monkeypatch.setattr(module, "RETRIES", dataclasses.replace(module.RETRIES, backoff=wait_fixed(pause_s)))
