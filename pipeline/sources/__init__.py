"""Where approved documents come from: one small protocol, one class per kind of source."""

from __future__ import annotations

from typing import Protocol

from pipeline.config import Settings
from pipeline.errors import ConfigurationError
from pipeline.files import FilePath
from pipeline.schema import Document, Snapshot


class Source(Protocol):
    """A folder of documents under version control, or one that is treated as if it were."""

    def head(self) -> str:
        """The commit to work on now. Raises ConfigurationError, TransientError."""

    def snapshot(self, commit: str) -> Snapshot:
        """The complete listing at `commit`, or an error: never a part of it."""

    def fetch(self, document: Document, target: FilePath) -> None:
        """Write the document's bytes to `target` atomically, verified against its blob SHA.

        Raises PermanentError (too large), TransientError (unreachable, changed meanwhile).
        """


def open_source(settings: Settings) -> Source:
    """The source that the settings name."""
    if settings.source.kind == "folder":
        from pipeline.sources.folder import FolderSource

        return FolderSource(settings.source)
    raise ConfigurationError(
        "[source] kind = gitlab is not available in this version; use kind = folder on a checkout of the project"
    )
