"""Which files of the approved folder are documents, by their names and sizes: one rule for every kind of source."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import PurePosixPath

from pipeline.errors import ErrorCode, PermanentError
from pipeline.schema import Document

MEGA = 1_000_000
HIDDEN_FOLDER = "hidden folder, trash or store of old versions"
# Where systems keep what was deleted or replaced; names that begin with a dot need no list.
STORES = frozenset(
    {
        *("$recycle.bin", "recycler", "recycled", "system volume information", "lost+found", "__macosx"),
        *("@eadir", "#recycle", "@recycle", "#snapshot", "@recently-snapshot", "~snapshot"),
    }
)


def extension(path: str) -> str:
    """Lower case, without the dot; empty when the name has none."""
    return PurePosixPath(path).suffix.lower().lstrip(".")


def is_hidden_folder(name: str) -> bool:
    """`.git`, `.stversions`, `.Trash-1000`, `@eaDir` and their like: nothing below them is approved."""
    return name.startswith((".", "~$")) or name.lower() in STORES


def hidden_folder(path: str, target: str) -> str | None:
    """The outermost hidden folder on the way from the target folder to a file, or None."""
    parts = PurePosixPath(path).parts
    first = len(PurePosixPath(target).parts)
    for index in range(first, len(parts) - 1):
        if is_hidden_folder(parts[index]):
            return "/".join(parts[: index + 1])
    return None


def reason_to_skip_name(path: str, extensions: Collection[str]) -> str | None:
    """Why a file of this name is no document, or None when it is one."""
    if PurePosixPath(path).name.startswith((".", "~$")):
        return "hidden or temporary file"
    if extension(path) not in extensions:
        return f"unsupported format {PurePosixPath(path).suffix or '(no extension)'}"
    return None


def refuse_too_large(document: Document, limit_mb: float) -> None:
    """Raises PermanentError (TOO_LARGE) for a document over the limit (1 MB is 1,000,000 bytes)."""
    if document.size_bytes > limit_mb * MEGA:
        raise PermanentError(
            f"{document.size_bytes / MEGA:.0f} MB is over [source] max_file_size_mb = {limit_mb:g}",
            ErrorCode.TOO_LARGE,
        )
