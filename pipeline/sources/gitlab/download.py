"""Downloads of documents: streamed to disk, proven by git's hash or the LFS pointer's, repeated when damaged."""

from __future__ import annotations

from pathlib import Path

from pipeline.datadir.files import FilePath, atomic, write_sealed
from pipeline.datadir.paths import lfs_oid
from pipeline.errors import ErrorCode, PermanentError, TransientError
from pipeline.schema import Document
from pipeline.settings.retries import NoAnswerError
from pipeline.sources.git_objects import LARGEST_POINTER_BYTES, LfsPointer, blob_sha
from pipeline.sources.gitlab.client import Client
from pipeline.sources.gitlab.errors import NotFoundError, RefusedNameError
from pipeline.sources.gitlab.facts import read_pointer
from pipeline.sources.gitlab.listing import Repository

_NOT_UPLOADED = "only its Git LFS pointer is in GitLab: upload the content with `git lfs push --all origin`"
_NOT_RESOLVED = (
    "GitLab gives only its Git LFS pointer: switch LFS on in the project's settings; if it is on, "
    "the file's name has something that the API refuses (a newline, ../): rename it"
)


def download(repository: Repository, document: Document, target: FilePath) -> None:
    """Write the document's bytes to `target`, atomically and verified.

    Raises PermanentError (LFS_MISSING), TransientError (UNREADABLE: this document; SOURCE_UNREACHABLE: GitLab),
    ConfigurationError.
    """
    with atomic(target) as temporary:
        try:
            pointer = repository.client.with_retries(lambda: _once(repository, document, temporary))
        except (NoAnswerError, NotFoundError) as error:
            _check_project(repository.client, repository)
            raise TransientError(f"GitLab gives everything but this document: {error}", ErrorCode.UNREADABLE) from None
        if pointer:  # written first: whoever finds the document can prove it
            write_sealed(lfs_oid(target), pointer.oid.encode())


def _once(repository: Repository, document: Document, file: Path) -> LfsPointer | None:
    client = repository.client
    missing = False
    # A pointer may be longer than what it stands for, and must come whole to be known as one.
    most_bytes = max(document.size_bytes, LARGEST_POINTER_BYTES)
    try:
        if document.commit is None:
            raise RefusedNameError("no commit is known to hold this name")
        api = f"{repository.file_api(document.path)}/raw"
        client.download(api, file, most_bytes, ref=document.commit, lfs="true")
    except (NotFoundError, RefusedNameError) as error:  # the content's hash needs no name
        missing = isinstance(error, NotFoundError)
        client.download(f"{repository.blob_api(document.blob_sha)}/raw", file, most_bytes)
    return _verify(repository, document, file, missing=missing)


def _verify(repository: Repository, document: Document, file: Path, *, missing: bool) -> LfsPointer | None:
    """The pointer that git holds in the file's place, if any. Raises when the file is not the document."""
    if blob_sha(file, len(document.blob_sha)) == document.blob_sha:
        if LfsPointer.of_file(file):
            raise PermanentError(_NOT_UPLOADED if missing else _NOT_RESOLVED, ErrorCode.LFS_MISSING)
        return None
    pointer = read_pointer(repository, document.blob_sha) if file.stat().st_size == document.size_bytes else None
    if pointer is None or not pointer.matches(file):
        raise NoAnswerError("the download was cut off or damaged; run again", ErrorCode.UNREADABLE)
    return pointer


def _check_project(client: Client, repository: Repository) -> None:
    """Raises when GitLab as a whole is the trouble, and not one document."""
    client.get(repository.api.removesuffix("/repository"))
