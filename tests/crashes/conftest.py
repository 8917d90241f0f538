"""One folder of documents and one small model for all tests of crashes."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from pipeline.models import bundled
from tests.crashes.harness import Site, make_site
from tests.small_model import make_model


@pytest.fixture(scope="session")
def bundled_site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Runs here work with the bundled model, which each data directory unpacks and exports."""
    return make_site(tmp_path_factory.mktemp("crashes"))


@pytest.fixture(scope="session")
def site(bundled_site: Site) -> Site:
    """Runs here load a small model, which spares each seconds."""
    made: Path = make_model(bundled_site.folder / "model", bundled.unpack(bundled_site.folder / "models"))
    return dataclasses.replace(bundled_site, model=made)
