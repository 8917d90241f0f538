"""A GitLab source that reads the test server, with a token in the environment."""

from __future__ import annotations

from collections.abc import Callable

from pipeline.schema import Snapshot
from pipeline.settings.sections import GitlabSettings, SourceSettings
from pipeline.sources.gitlab import GitlabSource
from tests.support.gitlab_server import GitlabServer

FOLDER = "30-Aprovados"


def make_source(
    server: GitlabServer, previous: Callable[[], Snapshot | None] = lambda: None, **settings: object
) -> GitlabSource:
    gitlab = GitlabSettings(url=server.url, project=server.path)
    return GitlabSource(gitlab, SourceSettings.model_validate(settings), previous)


def listing(source: GitlabSource) -> Snapshot:
    return source.snapshot(source.head())
