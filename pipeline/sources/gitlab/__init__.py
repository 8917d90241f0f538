"""A folder of a GitLab project, read over its API."""

from pipeline.sources.gitlab.source import GitlabSource, Project

__all__ = ["GitlabSource", "Project"]
