"""Where approved documents come from: one small protocol, one class per kind of source."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from pipeline.datadir.files import FilePath
from pipeline.schema import Document, Snapshot
from pipeline.settings.sections import Settings


class Source(Protocol):
    """A folder of documents under version control, or one that is treated as if it were."""

    def head(self) -> str:
        """The commit to work on now. Raises ConfigurationError, TransientError."""

    def snapshot(self, commit: str) -> Snapshot:
        """The complete listing at `commit`, or an error: never a part of it."""

    def fetch(self, document: Document, target: FilePath) -> None:
        """Write the document's bytes to `target` atomically, verified against its blob SHA.

        Raises PermanentError (too large, only a Git LFS pointer), TransientError (unreachable, changed meanwhile).
        """


def open_source(settings: Settings, previous: Callable[[], Snapshot | None] = lambda: None) -> Source:
    """The source that the settings name. `previous` gives the last snapshot, which saves asking what is known."""
    if settings.source.kind == "folder":
        from pipeline.sources.folder import FolderSource

        return FolderSource(settings.source)
    from pipeline.sources.gitlab import GitlabSource

    return GitlabSource(settings.gitlab, settings.source, previous)
