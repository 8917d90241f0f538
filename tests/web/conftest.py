"""The service over the delivered samples, once a session for all tests that only read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.run.current import Run
from pipeline.run.run_id import new_run_id
from pipeline.settings.sections import PipelineSettings, Settings
from pipeline.web.library.library import Library
from pipeline.web.server import WebServer
from tests.support.samples_run import SamplesRun
from tests.support.web import serving


def run_over(data: Path) -> Run:
    """A run that only looks, on the default settings."""
    return Run(Settings(pipeline=PipelineSettings(data_dir=str(data))), new_run_id())


@pytest.fixture(scope="session")
def samples(samples_run: SamplesRun, tmp_path_factory: pytest.TempPathFactory) -> Run:
    assert samples_run.returncode == 0, samples_run.stderr
    return run_over(samples_run.copy_to(tmp_path_factory.mktemp("samples") / "data"))


@pytest.fixture(scope="session")
def library(samples: Run) -> Library:
    return Library(samples)


@pytest.fixture(scope="session")
def service(samples: Run) -> Iterator[WebServer]:
    with serving(samples) as server:
        yield server
