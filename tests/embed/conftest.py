"""What is collected of these tests."""

from __future__ import annotations

from pathlib import Path

import pytest

_OF_MODELS_ONLY = ("test_exported.py", "test_pooled.py")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """torch takes seconds to import: not where all tests of the modules that need it are left out anyway."""
    left_out = collection_path.name in _OF_MODELS_ONLY and "not model" in config.option.markexpr
    return left_out or None
