"""A git repository, a GitLab server over it, and time that does not pass."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sources.gitlab import FOLDER
from tests.support.git_repository import GitRepository
from tests.support.gitlab_server import TOKEN, GitlabServer


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[GitRepository]:
    made = GitRepository(tmp_path / "project.git")
    made.write(f"{FOLDER}/Normas/férias.md", "# Férias\n\nSão trinta dias por ano.\n")
    made.write(f"{FOLDER}/viagens.txt", "Viagens são pagas em quinze dias.\n")
    made.write("rascunho.md", "# Rascunho\n")
    made.commit()
    yield made
    made.close()


@pytest.fixture
def server(repository: GitRepository, monkeypatch: pytest.MonkeyPatch) -> Iterator[GitlabServer]:
    monkeypatch.setenv("GITLAB_TOKEN", TOKEN)
    with GitlabServer(repository) as made:
        yield made


@pytest.fixture
def waits_s(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Pauses are written down and not slept."""
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    return slept
