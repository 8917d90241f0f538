"""One folder of documents for all tests of crashes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.promises.crashes.harness import Site, make_site


@pytest.fixture(scope="session")
def site(common: Path, models_dir: Path) -> Site:
    """Runs here find the model made."""
    made = make_site(common / "crashes", models_dir)
    assert made.undisturbed
    return made


@pytest.fixture(scope="session")
def site_without_model(common: Path) -> Site:
    """Runs here make the model in each data directory."""
    return make_site(common / "crashes-and-models", None)
