"""A real browser for tests of pages, if there is one on this machine."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

_PATH = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_browser = pytest.mark.skipif(_PATH is None, reason="no chromium, chromium-browser or google-chrome on PATH")


@contextlib.contextmanager
def open_browser() -> Iterator[Browser]:
    """It asks nobody for anything by itself."""
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=_PATH, args=[*arguments, "--disable-sync"])
        yield opened
        opened.close()
